// The writer of one content into the durable spool. Up to inline_max it stays in memory and travels in the commit's
// batch; above that it is written piece by piece into segment files, so that a content of any size takes at most one
// piece of memory.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spool/admission.h"
#include "spool/record.h"
#include "spool/segment_pool.h"
#include "spool/spool.h"

namespace sealpost::spool {

class DiskBodyWriter final : public BodyWriter {
 public:
  DiskBodyWriter(Admission::Lease lease, std::shared_ptr<SegmentPool> pool, Bytes inline_max)
      : lease_(std::move(lease)), pool_(std::move(pool)), inline_max_(inline_max) {}

  Result<void> append(std::string_view octets) override;
  Bytes size() const override { return size_; }

  /// Ends the content: the last piece is handed to the kernel. Nothing may be appended afterwards.
  Result<void> finish();
  /// After finish(): where the content is.
  BodyTail tail() const;
  /// After finish(), for BodyPlace::kApart: the value of its record, with room for the header in front.
  std::string take_apart() { return std::move(buffer_); }
  /// The segments that were written to, open until they are synced; each once.
  const std::vector<Room>& rooms() const { return rooms_; }

 private:
  std::string_view held() const { return std::string_view(buffer_).substr(kApartHeader); }
  Result<void> append_to_piece(std::string_view octets);
  Result<void> write_piece(std::string_view octets);

  Admission::Lease lease_;
  const std::shared_ptr<SegmentPool> pool_;  // owned by the spool; a writer may be destroyed after it
  const Bytes inline_max_;
  Bytes size_;
  std::string buffer_ = std::string(kApartHeader, '\0');
  std::vector<Piece> pieces_;
  std::vector<Room> rooms_;
  std::optional<Error> failure_;
};

}  // namespace sealpost::spool

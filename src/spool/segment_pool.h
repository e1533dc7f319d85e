// The segment files of one spool: who fills which page, who still needs which file, and what is done with a file that
// nobody needs. A Segment is held (shared_ptr) by every stored message, writer and reader with a piece in it; the last
// one to let go frees the file. Never: a page handed out twice while anybody holds the segment, a directory entry that
// is relied on before it was synced.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "spool/record.h"
#include "spool/segment_file.h"

namespace sealpost::spool {

/// One segment file, open only while somebody uses its content.
class Segment {
 public:
  Segment(std::string path, std::uint32_t number) : path_(std::move(path)), number_(number) {}

  std::uint32_t number() const { return number_; }
  const std::string& path() const { return path_; }
  /// The open file, shared by all who use it at the same time: descriptors are bounded by what is in flight, not by
  /// what is stored.
  Result<std::shared_ptr<const SegmentFile>> file();

 private:
  friend class SegmentPool;
  const std::string path_;
  const std::uint32_t number_;
  std::mutex mutex_;
  std::weak_ptr<const SegmentFile> file_;
  std::atomic<bool> is_new_ = false;  // its directory entry is not synced yet
};

/// Room for one piece, with the file kept open for it.
struct Room {
  std::shared_ptr<Segment> segment;
  std::shared_ptr<const SegmentFile> file;
  std::uint32_t page = 0;
};

class SegmentPool : public std::enable_shared_from_this<SegmentPool> {
 public:
  /// Looks which files are there. `segment_size` is a multiple of kPageSize and not below kPieceSize.
  static Result<std::shared_ptr<SegmentPool>> open(std::string directory, Bytes segment_size,
                                                   SegmentFile::DataSync data_sync);
  ~SegmentPool();

  /// At start, for every piece that a record names: its segment, which stays as long as it is held.
  std::shared_ptr<Segment> adopt(const Piece& piece);
  /// After the last adopt(): files that nobody named are reused or deleted. With `keep_unnamed` they are left alone,
  /// because a damaged record may name them.
  void finish_recovery(bool keep_unnamed);

  /// Room for a piece of `length` octets. Opens or makes a file when the one being filled has no room. Thread-safe.
  Result<Room> allocate(std::size_t length);
  /// Has a file with room open, so that neither space nor descriptors can be missing for the first piece. Thread-safe.
  Result<void> prepare();
  /// Syncs the files, and the directory when one of them is new.
  Result<void> sync(std::span<const Room> rooms);
  /// No file is reused or deleted any more: after a failed sync, because removals may not be durable, and when the
  /// spool is closed, because letting go is no removal then.
  void freeze() { is_frozen_ = true; }

 private:
  SegmentPool(std::string directory, Bytes segment_size, SegmentFile::DataSync data_sync);
  std::string path_of(std::uint32_t number) const;
  std::shared_ptr<Segment> hold(std::unique_ptr<Segment> segment);
  void give_back(std::unique_ptr<Segment> segment);
  Result<void> ensure_room(std::uint32_t pages, std::shared_ptr<Segment>& retired);
  Result<void> scan();

  const std::string directory_;
  const Bytes segment_size_;
  const std::uint32_t page_count_;
  const SegmentFile::DataSync data_sync_;

  std::mutex mutex_;
  std::uint32_t next_number_ = 1;
  std::shared_ptr<Segment> current_;
  std::shared_ptr<const SegmentFile> current_file_;
  std::uint32_t current_page_ = 0;              // the first page never handed out since the segment was last free
  std::vector<std::unique_ptr<Segment>> free_;  // the one freed last is reused first: its pages are warm
  std::atomic<bool> is_frozen_ = false;

  struct Recovered {
    std::weak_ptr<Segment> segment;
    std::uint32_t end_page = 0;
  };
  std::map<std::uint32_t, Recovered> recovered_;  // during recovery only
  std::vector<std::uint32_t> found_;              // during recovery only
};

}  // namespace sealpost::spool

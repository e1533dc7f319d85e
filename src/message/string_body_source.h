// StringBodySource: a BodySource over content that is in memory anyway: our own reports, and tests.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "message/body_source.h"

namespace sealpost::message {

class StringBodySource final : public BodySource {
 public:
  /// `piece_size_max`: the largest piece that next() hands out; tests make it small.
  explicit StringBodySource(std::string content, std::size_t piece_size_max = 256 * 1024);

  Bytes size() const override;
  Result<std::string_view> next() override;
  Result<void> rewind() override;

 private:
  std::string content_;
  std::size_t piece_size_max_;
  std::size_t position_ = 0;
};

}  // namespace sealpost::message

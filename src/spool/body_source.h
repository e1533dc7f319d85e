// The readers of stored contents: one for what is in memory, one for pieces in segment files.
// Never: octets whose checksum was not verified first.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "base/queue_id.h"
#include "message/body_source.h"
#include "spool/record.h"
#include "spool/segment_pool.h"

namespace sealpost::spool {

/// Hands out `content`, which `owner` keeps alive: shared with the memory spool, or with nobody.
std::unique_ptr<message::BodySource> make_memory_source(std::shared_ptr<const void> owner, std::string_view content);

/// Reads `pieces`; holds the segments they are in, so that nothing of them is reused before the source is destroyed.
std::unique_ptr<message::BodySource> make_segment_source(QueueId id, Bytes size, std::vector<Piece> pieces,
                                                         std::vector<std::shared_ptr<Segment>> segments);

}  // namespace sealpost::spool

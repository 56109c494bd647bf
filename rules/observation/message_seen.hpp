// That a message of a sender was taken, so that its repetition is known after a restart, too.
#pragma once

#include <cstdint>

#include "rules/base/ids.hpp"

namespace magwatch {

// Both numbers are hashes: `key` of who sent it and its control id, `content` of its body.
struct MessageSeen {
    SourceId source = no_source;
    std::uint64_t key = 0, content = 0;
    friend bool operator==(const MessageSeen&, const MessageSeen&) = default;
    template <class Archive> void archive(Archive& a) { a(source, key, content); }
};

} // namespace magwatch

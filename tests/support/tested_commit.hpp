// What was built, for the line that names a seed: a seed says which run it was of one commit alone.
#pragma once

#include <cstdlib>
#include <string>

#include "runtime/build_info.hpp"

namespace magwatch::test {

// "commit 3d2253a", "commit 3d2253a+" with changes, "commit unknown". Builds of developers are not told their commit, so
// that none names an old one; tools/test and tools/prove, which have just built, say it by MAGWATCH_TESTED_COMMIT.
inline std::string tested_commit()
{
    const char* told = std::getenv("MAGWATCH_TESTED_COMMIT");
    return told != nullptr && *told != '\0' ? "commit " + std::string{told} : commit_text();
}

} // namespace magwatch::test

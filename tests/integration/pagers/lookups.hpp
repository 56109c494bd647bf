// How often this program has asked for the address of a host, whoever in it asked.
#pragma once

namespace magwatch::testing_support {

[[nodiscard]] int lookups();

} // namespace magwatch::testing_support

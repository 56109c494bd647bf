// What a server of ntfy says of itself, whatever it says; and links of any bytes become one header of ASCII.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/pagers/ntfy_form.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace magwatch;
    const std::string text{reinterpret_cast<const char*>(data), size};
    (void)adapters::ntfy_is_healthy(text);
    for (const std::string& header : adapters::ntfy_headers(Page{}, {text, text, text}))
        for (const char c : header)
            if (c < 0x20 || c > 0x7E) std::abort();
    return 0;
}

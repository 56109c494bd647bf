#include <memory>

#include <CLI/CLI.hpp>

#include "runtime/toml_reader.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

struct OwnLimit {
    std::string bed, limit, value, length = "4h", reason, person;
};

} // namespace

void add_limits(CLI::App& app, Shell& shell)
{
    CLI::App& limits = *group(app, "limits", "limits of one patient, for a while");
    const auto set = std::make_shared<OwnLimit>();
    CLI::App* setting = leaf(limits, shell, "set", "another limit for one patient", Talks::yes, [=, &shell] {
        const auto length = parse_duration(set->length);
        if (!length) {
            shell.complain("--for: '" + set->length + "' is no time such as 90min or 4h");
            return static_cast<int>(usage);
        }
        return Client{shell}.post("/api/v1/beds/" + escaped(set->bed) + "/limits",
                                  {{"person", set->person},
                                   {"limit", set->limit},
                                   {"value", set->value},
                                   {"seconds", static_cast<double>(length->count()) / 1000},
                                   {"reason", set->reason}});
    });
    setting->add_option("bed", set->bed, "alias of the bed")->required();
    setting->add_option("limit", set->limit, "name of the limit: magwatch rules show PACK lists them")->required();
    setting->add_option("value", set->value, "with its unit: \"10 /min\"")->required();
    setting->add_option("--for", set->length, "it ends by itself, after 24h at most")->capture_default_str();
    setting->add_option("--reason", set->reason, "why")->required();
    add_person(*setting, set->person);
    setting->footer("It goes with her on a transfer, is shown with the bed, and changes nothing for anybody else.");

    const auto end = std::make_shared<OwnLimit>();
    CLI::App* ending = leaf(limits, shell, "end", "back to the limit of the ward", Talks::yes, [=, &shell] {
        return Client{shell}.post("/api/v1/beds/" + escaped(end->bed) + "/limits",
                                  {{"person", end->person}, {"limit", end->limit}, {"end", true}});
    });
    ending->add_option("bed", end->bed, "alias of the bed")->required();
    ending->add_option("limit", end->limit, "name of the limit")->required();
    add_person(*ending, end->person);
}

} // namespace magwatch::cli

#include <memory>

#include <CLI/CLI.hpp>

#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

// What became of an entry: nothing, or who struck it through, and why.
std::string struck_words(const Json& entry)
{
    const Json& struck = entry["struck"];
    if (struck.is_null()) return entry["corrects"].is_null() ? "" : "corrects " + cell(entry["corrects"]);
    const std::string instead = struck["instead"].is_null() ? "" : ", see " + cell(struck["instead"]);
    return "STRUCK by " + cell(struck["by"]) + " at " + local_time(struck["at"]) + ": " + cell(struck["reason"]) +
           instead;
}

int show_chart(Shell& shell, const std::string& bed)
{
    int code = ok;
    const auto answer = Client{shell}.get("/api/v1/beds/" + escaped(bed) + "/chart", code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    Table table{{"ID", "AT", "ENTERED", "BY", "ENTRY", "NOTE", "STRUCK"}};
    for (const Json& e : (*answer)["entries"])
        table.row({cell(e["id"]), local_time(e["at"]), local_time(e["entered_at"]),
                   cell(e["by"].is_null() ? e["source"] : e["by"]), cell(e["text"]), cell(e["note"]), struck_words(e)});
    table.print();
    return ok;
}

} // namespace

void add_chart(CLI::App& app, Shell& shell)
{
    const auto bed = std::make_shared<std::string>();
    CLI::App* chart = leaf(app, shell, "chart", "what was charted at a bed, the newest first", Talks::yes,
                           [bed, &shell] { return show_chart(shell, *bed); });
    chart->add_option("bed", *bed, "alias of the bed, such as bed-3")->required();
    chart->footer("What was wrong is struck through and counts no more; it is never taken out. To correct an entry, "
                  "chart it again with\n--corrects ID and --reason: 'magwatch enter reflex bed-3 --site knee --grade 2 "
                  "--corrects 3-17 --reason \"typed wrong\"';\nto take it back without a new value: 'magwatch enter "
                  "strike'.");
}

} // namespace magwatch::cli

// The HTTP server with a ward made of air: a fixed snapshot, and replies that depend on the person
// who asks. "refuse": the ward says no; "silent": it says nothing; "full": its inbox takes nothing;
// else it says yes. Prints {"port": N} once it listens and a line for every input it is given. Each byte
// on its stdin changes the ward: "v" a value of the second bed, "a" the first alarm's message, "g" takes the second bed away; or
// asks the server: "l" to try again to listen, "?" whether it listens. Ends when its stdin does.
#include <atomic>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include <poll.h>
#include <unistd.h>

#include "adapters/pagers/answer_link.hpp"
#include "daemon/http/server.hpp"
#include "daemon/people/pin.hpp"
#include "runtime/clock.hpp"
#include "tests/unit/http/sample_ward.hpp"

namespace
{

using namespace magwatch;
using nlohmann::json;

std::mutex output;
void say(const json& line)
{
    const std::lock_guard lock{output};
    std::cout << line.dump() << std::endl;
}

struct Asked {
    std::uint64_t request = 0;
    std::string person;
    std::string what;
};

Asked look(const Input& input)
{
    if (const auto* entry = std::get_if<Entry>(&input))
        return {entry->request, entry->person, "entry " + entry->key};
    const auto& action = std::get<Action>(input);
    return {action.request, action.person, "action " + std::to_string(action.what.index())};
}

void change(PublishedWard& ward, char what)
{
    auto& beds = ward.view.beds;
    if (what == 'v' && beds.size() > 1) beds[1].dose_total += 1;
    if (what == 'a') ward.view.episodes.front().message += "!";
    if (what == 'g' && beds.size() > 1) beds.pop_back();
}

// What a ward shows once somebody is coming.
void answered(PublishedWard& ward, const std::string& person)
{
    CallView& call = ward.view.calls.front();
    call.state = CallState::accepted;
    ToldView told;
    told.person = person;
    told.answer = Responsibility::accepted;
    call.told.assign(1, told);
}

PublishedWard snapshot(const std::string& mode)
{
    PublishedWard ward = http::sample_ward();
    ward.view.at.wall = read_clocks().wall;
    if (mode == "demo") ward.view.mode = Mode::demo;
    if (mode == "large") { // more than the sender's 4 MiB of buffer hold, for a receiver with none
        ward.view.pages.assign(15'000, ward.view.pages.front());
    }
    return ward;
}

} // namespace

int main(int argc, char** argv)
{
    json options = json::parse(argc > 1 ? argv[1] : "{}");
    Board board;
    Metrics metrics{"0.1.0", "test"};
    MetricLabels labels;
    labels.sources = {"monitor-3"};
    labels.channels = {"webhook"};
    labels.rules = {{"rr_low", Priority::high, AlarmKind::physiological}};
    metrics.configure(labels);
    PublishedWard ward = snapshot(options.value("mode", ""));
    metrics.show(ward.view);
    board.publish(http::shared(ward));
    board.progressed(read_clocks().boottime);

    http::ServerOptions config;
    config.address = options.value("address", "127.0.0.1");
    config.port = static_cast<std::uint16_t>(options.value("port", 0));
    config.socket_path = options.value("socket", "");
    if (options.contains("group")) config.socket_group = options["group"].get<std::uint32_t>();
    config.answer_key.emplace(Secret{"0123456789abcdef0123456789abcdef"});
    config.limits.header = Duration{options.value("header_ms", 5000)};
    config.limits.body = Duration{options.value("body_ms", 10000)};
    config.limits.idle = Duration{options.value("idle_ms", 30000)};
    config.limits.write = Duration{options.value("write_ms", 10000)};
    config.limits.streams = options.value("streams", std::size_t{64});
    config.limits.streams_per_key = options.value("streams_per_key", std::size_t{32});
    if (options.contains("web_root")) config.web = http::read_web_files(options["web_root"]).files;
    if (options.contains("pin")) {
        config.people.emplace();
        config.people->path = options.value("people", "");
        config.people->people.put("midwife-1", {"Midwife", Role::midwife, hash_pin(options["pin"].get<std::string>()), true});
    }
    config.limits.ward = Duration{options.value("ward_ms", 5000)};
    config.limits.listen_again = Duration{options.value("listen_again_ms", 3000)};

    const std::uint16_t wanted_port = config.port;
    http::Server* to_reply = nullptr;
    std::mutex changing;
    const auto post = [&](Input input) {
        const Asked asked = look(input);
        if (asked.person == "full") return false;
        say({{"input", asked.what}, {"person", asked.person}});
        if (asked.person == "silent") return true;
        Reply reply;
        reply.request = asked.request;
        reply.accepted = asked.person != "refuse";
        reply.text = reply.accepted ? "stored" : "the ward says no";
        const auto* action = std::get_if<Action>(&input);
        if (reply.accepted && action != nullptr && std::holds_alternative<Answer>(action->what)) {
            const std::lock_guard lock{changing};
            answered(ward, asked.person);
            board.publish(http::shared(ward));
        }
        to_reply->reply(reply);
        return true;
    };
    http::Server server{board, metrics, post, std::move(config)};
    to_reply = &server;
    const auto error = server.start();
    if (error && !options.value("goes_on", false)) {
        say({{"error", *error}});
        return 1;
    }
    std::string link = adapters::make_answer_token(
        {CallId{3, 8}, "midwife-1", AnswerKind::coming, read_clocks().wall + Duration{600'000}},
        "0123456789abcdef0123456789abcdef");
    json begun{{"port", server.port() != 0 ? server.port() : wanted_port}, {"link", link}};
    if (error) begun["error"] = *error;
    say(begun);

    pollfd in{STDIN_FILENO, POLLIN, 0};
    char command = 0;
    const bool stuck = options.value("stuck", false);
    for (;;) {
        if (!stuck) board.progressed(read_clocks().boottime);
        if (poll(&in, 1, 200) <= 0) continue;
        if (read(STDIN_FILENO, &command, 1) <= 0) break;
        if (command == 'l') server.listen_again();
        if (command == '?') say({{"listens", server.listens()}, {"port", server.port()}});
        const std::lock_guard lock{changing};
        change(ward, command);
        board.publish(http::shared(ward));
    }
    server.stop();
    say({{"stopped", true}});
    return 0;
}

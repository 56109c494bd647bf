#include "tools/magwatch/client.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <random>

#include <curl/curl.h>

namespace magwatch::cli
{
namespace
{

// The daemon gives the ward 5 s to confirm; this much more for the way.
constexpr long answer_limit_ms = 8000;
constexpr long connect_limit_ms = 2000;
constexpr std::size_t answer_bytes = 64U << 20;
constexpr int entry_tries = 3;

std::size_t take(char* data, std::size_t size, std::size_t count, void* to)
{
    auto& text = *static_cast<std::string*>(to);
    if (text.size() + size * count > answer_bytes) return 0;
    text.append(data, size * count);
    return size * count;
}

struct Headers {
    curl_slist* list = nullptr;
    void add(const char* header) { list = curl_slist_append(list, header); }
    ~Headers() { curl_slist_free_all(list); }
};

} // namespace

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        std::array<char, 8> hex{};
        std::snprintf(hex.data(), hex.size(), "%%%02X",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += hex.data();
    }
    return out;
}

std::string fresh_key()
{
    std::random_device random;
    std::string key = "cli-";
    for (int i = 0; i < 4; ++i) {
        std::array<char, 16> hex{};
        std::snprintf(hex.data(), hex.size(), "%08x", random());
        key += hex.data();
    }
    return key;
}

Fetched Client::fetch(const std::string& path, const Json* body) const
{
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(),
                                                                   curl_easy_cleanup};
    Fetched fetched;
    Headers headers;
    const std::string url = "http://localhost" + path;
    const std::string sent = body != nullptr ? body->dump() : std::string{};
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, shell_.socket.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, connect_limit_ms);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, answer_limit_ms);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &fetched.text);
    if (body != nullptr) {
        headers.add("Content-Type: application/json");
        headers.add("X-Magwatch-Client: magwatch");
        headers.add("Expect:");
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, sent.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(sent.size()));
        curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.list);
    }
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK)
        fetched.error = "no answer from magwatchd at " + shell_.socket + ": " + curl_easy_strerror(code);
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &fetched.status);
    return fetched;
}

std::optional<Answer> Client::call(const std::string& path, const Json* body) const
{
    const Fetched fetched = fetch(path, body);
    if (!fetched.error.empty()) {
        shell_.complain(fetched.error);
        return std::nullopt;
    }
    Answer answer;
    answer.status = fetched.status;
    answer.body = Json::parse(fetched.text, nullptr, false);
    if (answer.body.is_discarded() || !answer.body.is_object()) {
        shell_.complain("what answers at " + shell_.socket + " is not magwatchd");
        return std::nullopt;
    }
    return answer;
}

std::optional<Json> Client::get(const std::string& path, int& exit_code) const
{
    std::optional<Answer> answer = call(path, nullptr);
    if (!answer) {
        exit_code = unreachable;
        return std::nullopt;
    }
    if (!answer->good()) {
        exit_code = finish(answer);
        return std::nullopt;
    }
    exit_code = ok;
    if (answer->body.value("simulation", false) && !shell_.json)
        std::fprintf(stderr, "SIMULATION\n");
    return std::move(answer->body);
}

int Client::finish(const std::optional<Answer>& answer) const
{
    if (!answer) return unreachable;
    if (shell_.json) shell_.print(answer->body);
    if (!answer->good()) {
        shell_.complain(cell(answer->body.value("error", Json{"refused"})));
        return failed;
    }
    if (answer->body.contains("warning"))
        shell_.complain("WARNING: " + cell(answer->body["warning"]));
    if (!shell_.json) {
        const bool simulation = answer->body.value("simulation", false);
        std::printf("%s%s\n", simulation ? "SIMULATION: " : "",
                    cell(answer->body.value("text", Json{"done"})).c_str());
    }
    return ok;
}

int Client::post(const std::string& path, const Json& body) const
{
    return finish(call(path, &body));
}

std::optional<Json> Client::change(const std::string& path, const Json& body, int& exit_code) const
{
    std::optional<Answer> answer = call(path, &body);
    exit_code = answer && answer->good() ? ok : finish(answer);
    return exit_code == ok ? std::optional{std::move(answer->body)} : std::nullopt;
}

int Client::post_entry(const std::string& path, const Json& body) const
{
    std::optional<Answer> answer;
    for (int n = 0; n < entry_tries; ++n) {
        if (n > 0) shell_.complain("NOT CONFIRMED, asking again with the same key");
        answer = call(path, &body);
        const bool unknown = answer && answer->status == 503 && answer->body.contains("confirmed");
        if (!unknown) break;
    }
    if (answer && answer->status == 503 && body.contains("key"))
        shell_.complain("to send it again without counting it twice: the same command with --key " +
                        cell(body["key"]));
    return finish(answer);
}

} // namespace magwatch::cli

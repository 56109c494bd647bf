// A history as a bed leaves one: fill_history DIRECTORY BED HOURS [SEED]. Writes history.db of the hours that end now:
// eight signals once a second, a cuff every 15 min, a reflex each hour, a level every 6 h, and the start of the watch.
// For the benchmark and for tests; nobody else may have the file open.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "daemon/history/event_words.hpp"
#include "daemon/journal/history_file.hpp"
#include "runtime/clock.hpp"

namespace
{

using namespace magwatch;

constexpr std::int64_t minute_ms = 60'000;

struct Wave {
    const char* signal;
    double middle, swing, step; // steps: as devices round
};
constexpr Wave waves[] = {{"hr", 82, 9, 1},       {"pulse", 82, 9, 1},      {"rr", 16, 3, 1},
                          {"spo2", 97, 1.5, 1},   {"etco2", 36, 3, 1},      {"art_sys", 128, 12, 1},
                          {"art_dia", 76, 7, 1},  {"art_mean", 93, 8, 1}};

HistoryMinute minute_of(const std::string& bed, std::int64_t minute, std::mt19937& random)
{
    HistoryMinute made{bed, minute, {}};
    for (std::uint64_t second = 0; second < 60; ++second) {
        const double phase = static_cast<double>(minute * 60 + static_cast<std::int64_t>(second)) / 240;
        for (const Wave& wave : waves) {
            const double noise = static_cast<double>(random() % 1000) / 1000 - 0.5;
            const double value = wave.middle + wave.swing * (std::sin(phase * wave.middle / 90) * 0.7 + noise);
            made.of(wave.signal).add(static_cast<std::uint16_t>(second * 1000 + random() % 40),
                                     std::round(value / wave.step) * wave.step, true);
        }
    }
    if (minute % 15 == 0) {
        made.of("sbp").add(20'000, 130 + static_cast<double>(random() % 9), true);
        made.of("dbp").add(20'000, 80 + static_cast<double>(random() % 9), true);
    }
    if (minute % 60 == 0) made.of("reflex_knee").add(30'000, 2, true);
    if (minute % 360 == 0) made.of("mg").add(30'000, 2.1 + static_cast<double>(random() % 9) / 10, true);
    return made;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 4) {
        std::fprintf(stderr, "fill_history DIRECTORY BED HOURS [SEED]\n");
        return 2;
    }
    const std::string bed = argv[2];
    const WallTime now = read_clocks().wall;
    const std::int64_t end = now.ms / minute_ms - 1, first = end - std::atoll(argv[3]) * 60;
    std::mt19937 random{argc > 4 ? static_cast<unsigned>(std::atoi(argv[4])) : 1U};
    const auto opened = HistoryFile::open(argv[1], now);
    if (!opened.file) {
        std::fprintf(stderr, "fill_history: %s\n", opened.error ? opened.error->what.c_str() : "cannot be opened");
        return 1;
    }
    bool good = !opened.file->write_events(
        {{bed, WallTime{first * minute_ms}, std::string{event_kind::watch_start}, "watch started", "", ""}});
    std::vector<HistoryMinute> minutes;
    for (std::int64_t minute = first; minute < end && good; ++minute) {
        minutes.push_back(minute_of(bed, minute, random));
        if (minutes.size() < 60 && minute + 1 < end) continue;
        good = !opened.file->write(minutes);
        minutes.clear();
    }
    return good ? 0 : 1;
}

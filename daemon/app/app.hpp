// magwatchd as an object: owns everything, also in a test's process.
//
// run() returns an exit status of sysexits.h: 0 stopped, 70 a part failed, 78 no usable configuration.
#pragma once

#include <memory>
#include <string>

namespace magwatch {

struct AppOptions {
    std::string config_path = "/etc/magwatch/magwatch.toml";
    // Where the journal is when no readable configuration says so; "" = $STATE_DIRECTORY or the default.
    std::string state_directory;
};

class App {
public:
    explicit App(AppOptions options);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    [[nodiscard]] int run();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch

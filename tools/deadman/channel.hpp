// One way to people: a signed webhook or mail, sent by libcurl on a thread of its own, so that a channel that hangs
// delays no other and never the watch.
//
// push() may be called from any thread and never waits; beyond 32 the oldest page is dropped. A page is tried four
// times, 2 s apart (design values); after that the watch's own repetition goes on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tools/deadman/config.hpp"

namespace magwatch::deadman {

struct Message {
    std::string id;   // the same over every try
    std::string body; // JSON, for a webhook
    std::string text; // for people
};

class Channel {
public:
    explicit Channel(WebhookConfig config);
    explicit Channel(MailConfig config);
    ~Channel(); // gives up what is being sent
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    void push(Message message);
    // Nothing waits and nothing is being sent.
    [[nodiscard]] bool idle();

private:
    struct Way;
    void run();
    void deliver(const Message& message);
    bool pause();

    std::unique_ptr<Way> way_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Message> waiting_;
    bool stopping_ = false, sending_ = false;
    std::thread thread_; // last: it uses the others
};

} // namespace magwatch::deadman

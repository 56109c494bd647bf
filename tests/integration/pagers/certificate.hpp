// A self-signed certificate made for the test run.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "tests/integration/pagers/peer.hpp"

namespace magwatch::testing_support {

class Certificate {
public:
    // For `name` ("IP:127.0.0.1", "DNS:other.example"), from now on for some days.
    explicit Certificate(const std::string& name, int days = 2)
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "magwatch-cert-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        folder_ = pattern;
        // Self-signed: the certificate is its own authority.
        const bool made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-days", std::to_string(days), "-subj", "/CN=magwatch test", "-addext",
                               "subjectAltName=" + name, "-keyout", key(), "-out", file()});
        if (!made) throw std::runtime_error{"openssl could not make a certificate"};
    }
    ~Certificate() { std::filesystem::remove_all(folder_); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    [[nodiscard]] std::string file() const { return folder_ / "cert.pem"; }
    [[nodiscard]] std::string key() const { return folder_ / "key.pem"; }

private:
    std::filesystem::path folder_;
};

} // namespace magwatch::testing_support

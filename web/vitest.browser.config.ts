import { defineConfig } from "vitest/config";

// The built board in a real Chromium: tests/browser before the small server of dev/, tests/story before the real daemon.
// One browser at a time: wards have small machines.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/{browser,story}/*.test.ts"],
    fileParallelism: false,
    cache: false,
    reporters: ["verbose"],
    testTimeout: 600_000,
    hookTimeout: 180_000,
  },
});

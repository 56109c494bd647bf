import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./App";
import { followAddress, followNight } from "./navigation";
import { remember } from "./board/history";
import { rememberPlaces } from "./board/places";
import { followKeys } from "./keys";
import { follow, liveness, serverNow, usable, ward } from "./live/store";
import { loadPeople } from "./people/session";
import { followSound } from "./sound/sounder";
import { followTelling } from "./sound/telling";
import { followTaps } from "./taps";

const PEOPLE_EVERY_MS = 30_000;

const page = document.getElementById("app");
if (page !== null) {
  page.replaceChildren();
  followNight();
  followAddress();
  followTaps();
  followKeys();
  followSound();
  followTelling();
  follow();
  void loadPeople();
  setInterval(() => void loadPeople(), PEOPLE_EVERY_MS);
  effect(() => {
    if (usable.value && ward.value !== null) remember(ward.value.beds, serverNow.value);
  });
  effect(() => {
    if (ward.value !== null) rememberPlaces(ward.value.beds);
  });
  effect(() => {
    // The tab's title is what is seen of a page behind others.
    const high = (ward.value?.alarms ?? []).some((alarm) => alarm.priority === "high" && !alarm.acknowledged);
    document.title = liveness.value === "lost" ? "NOT LIVE - magwatch" : high ? "*** HIGH - magwatch" : "magwatch";
  });
  render(<App />, page);
}

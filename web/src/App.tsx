import { HelpSheet } from "./HelpSheet";
import { AcknowledgeSheet, PauseSheet, SecondCheckSheet } from "./alarms/AcknowledgeSheet";
import { AlarmPanel } from "./alarms/AlarmPanel";
import { AnswerSheet } from "./alarms/AnswerSheet";
import { RuleSheet } from "./alarms/RuleSheet";
import { ShelveSheet, UnshelveSheet } from "./alarms/ShelveSheets";
import { SomebodySheet } from "./alarms/SomebodySheet";
import { type Sheet, screen, sheet, unlocking } from "./navigation";
import { BedDetail } from "./bed/BedDetail";
import { Handover } from "./bed/Handover";
import { Bars } from "./board/Bars";
import { Board } from "./board/Board";
import { TopBar } from "./board/TopBar";
import { CalmedSheet, ConcernedSheet } from "./chart/ConcernedSheet";
import { CorrectSheet } from "./chart/CorrectSheet";
import { EntrySheet } from "./entry/EntrySheet";
import { simulated } from "./live/store";
import { AgainSheet, PhonedSheet } from "./paging/AgainSheets";
import { Pages } from "./paging/Pages";
import { SetupSheet } from "./people/SetupSheet";
import { UnlockSheet } from "./people/UnlockSheet";
import { ChecklistScreen } from "./protocol/Checklist";
import { StatusPage } from "./status/StatusPage";
import { InfusionSheet } from "./watch/InfusionSheet";
import { ScreeningSheet } from "./watch/ScreeningSheet";
import { SymptomSheet } from "./watch/SymptomSheet";
import { WatchSheet } from "./watch/WatchSheet";

function Current() {
  const now = screen.value;
  switch (now.name) {
    case "board":
      return <Board />;
    case "bed":
      return <BedDetail key={now.bed} bed={now.bed} />;
    case "checklist":
      return <ChecklistScreen key={now.bed} bed={now.bed} />;
    case "handover":
      return <Handover bed={now.bed} />;
    case "alarms":
      return <AlarmPanel />;
    case "pages":
      return <Pages />;
    case "status":
      return <StatusPage />;
  }
}

function Above(props: { sheet: Sheet }) {
  const open = props.sheet;
  switch (open.kind) {
    case "entry":
      return <EntrySheet bed={open.bed} corrects={open.corrects} />;
    case "symptoms":
      return <SymptomSheet bed={open.bed} />;
    case "infusion":
      return <InfusionSheet bed={open.bed} />;
    case "screening":
      return <ScreeningSheet bed={open.bed} />;
    case "watch":
      return <WatchSheet bed={open.bed} />;
    case "acknowledge":
      return <AcknowledgeSheet alarm={open.alarm} />;
    case "rule":
      return <RuleSheet alarm={open.alarm} />;
    case "shelve":
      return <ShelveSheet alarm={open.alarm} />;
    case "unshelve":
      return <UnshelveSheet alarm={open.alarm} />;
    case "second":
      return <SecondCheckSheet bed={open.bed} />;
    case "pause":
      return <PauseSheet bed={open.bed} />;
    case "answer":
      return <AnswerSheet call={open.call} answer={open.answer} />;
    case "correct":
      return <CorrectSheet bed={open.bed} entry={open.entry} />;
    case "concerned":
      return <ConcernedSheet bed={open.bed} />;
    case "calmed":
      return <CalmedSheet bed={open.bed} />;
    case "somebody":
      return <SomebodySheet bed={open.bed} />;
    case "again":
      return <AgainSheet call={open.call} />;
    case "phoned":
      return <PhonedSheet call={open.call} />;
    case "setup":
      return <SetupSheet />;
    case "help":
      return <HelpSheet />;
  }
}

export function App() {
  const open = sheet.value;
  return (
    <div class={simulated.value ? "page simulation" : "page"}>
      <TopBar />
      <Bars />
      <Current />
      {open !== null && <Above key={JSON.stringify(open)} sheet={open} />}
      {unlocking.value && <UnlockSheet />}
    </div>
  );
}

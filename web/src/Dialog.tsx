import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { simulated } from "./live/store";

/**
 * A sheet above the page: the browser keeps the focus in it. Escape closes it only where that loses nothing
 * (`escape`); a tap beside it never does.
 */
export function Dialog(props: {
  title: string;
  close: () => void;
  escape?: boolean;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={props.wide ? "wide" : ""}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        if (props.escape) props.close();
      }}
    >
      {simulated.value && <p class="stamp">SIMULATION - NOT A PATIENT</p>}
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

import { useEffect, useState } from "preact/hooks";
import { read } from "./client";

export type Asked<T> = { data: T } | { why: string } | null;

/** Asks now, again every `every` ms (0: not again) and when `again` changes. Null while there is no answer yet; what cannot be had says why. */
export function useAsked<T>(
  path: string | null,
  every: number,
  wrong: (status: number, error: string) => string = (_status, error) => error,
  again: unknown = 0,
): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>(null);
  useEffect(() => {
    let gone = false;
    async function look(): Promise<void> {
      if (path === null) return;
      const answer = await read<T>(path);
      if (gone) return;
      if (answer === null) setAsked({ why: "the server does not answer" });
      else if (answer.status === 200) setAsked({ data: answer.body });
      else {
        const error = String((answer.body as { error?: unknown }).error ?? `status ${answer.status}`);
        setAsked({ why: wrong(answer.status, error) });
      }
    }
    void look();
    const timer = every === 0 ? undefined : setInterval(() => void look(), every);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [path, again]);
  return asked;
}

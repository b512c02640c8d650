/** What a view shows while it asks the server, and when that fails. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/**
 * Runs `load(signal)` now, when one of `inputs` changes, and when it is asked to. What was there stays until something new
 * comes, unless the inputs changed.
 *
 * @param every milliseconds after which it is loaded again while the page is seen; null: never
 */
export function useLoad(load, inputs, every = null) {
  const [state, setState] = useState({ data: null, error: null, isLoading: true });
  const [turn, setTurn] = useState(0);
  const before = useRef(null);
  useEffect(() => {
    const gone = new AbortController();
    const isNew = before.current === null || before.current.some((value, index) => value !== inputs[index]);
    before.current = inputs;
    setState((was) => isNew ? { data: null, error: null, isLoading: true } : { ...was, isLoading: true });
    load(gone.signal).then(
      (data) => !gone.signal.aborted && setState({ data, error: null, isLoading: false }),
      (error) => !gone.signal.aborted && setState((was) => ({ ...was, error, isLoading: false })),
    );
    return () => gone.abort();
  }, [...inputs, turn]);
  const reload = useCallback(() => setTurn((was) => was + 1), []);
  useEffect(() => {
    if (every === null) return;
    const timer = setInterval(() => document.hidden || reload(), every);
    return () => clearInterval(timer);
  }, [every]);
  return { ...state, reload };
}

/**
 * Sends what the outbox holds: in order per destination, many destinations at a time, each try bounded in time, again
 * with growing pauses. It runs beside the jobs and never makes one wait. Whose turn it is says `schedule.ts`; a pause
 * is a timer, which no clock that is set makes longer. Where several servers share the database, one at a time sends to a
 * destination: it has a lease of it from before a try until what became of it is written.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isDamage } from "../db/damaged_data.ts";
import type { FineTuningEventType } from "../contract/fine_tuning_events.ts";
import { giveLease, hasLease, takeLease, whileLeased } from "../db/leases.ts";
import type { Database } from "../db/open_database.ts";
import { patient } from "../db/patient.ts";
import type { DeliveryRow, EndpointRow } from "../db/schema.ts";
import type { Logger } from "../log.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { attempt, type Outcome } from "./attempt.ts";
import { EndpointTests } from "./endpoint_tests.ts";
import {
  changePending,
  deleteBatch,
  type DeliveryChange,
  describeWaiting,
  expireKept,
  failBatch,
  headId,
  headOf,
  isBehindFailed,
  lastId,
  LOG_BOUNDS,
  pendingDestinations,
  pruneLog,
  type Waiting,
  writtenAfter,
} from "./outbox.ts";
import { recordOutcome, verdictOf } from "./outcome.ts";
import { restOfPause, RETRY_DELAYS_MS } from "./retry_policy.ts";
import { Schedule } from "./schedule.ts";
import { findTarget, type Target } from "./target.ts";

export { RETRY_DELAYS_MS };

const TIMEOUT_MS = 10_000;
/** Pause before an outcome is written again, or the outbox read, that could not be. */
const REWRITE_MS = 1000;
/** How long an endpoint may accept nothing before it is disabled, when a delivery to it is given up. */
const DISABLE_AFTER_MS = 3 * 86_400_000;
/** How often the log is looked through for what is too old. */
const PRUNE_EVERY_MS = 3_600_000;
/** How much longer than a try a server has a destination, to write what became of it. */
const WRITE_MS = 5000;
/** After which a destination that another server sends to is looked at again, at most. */
const OTHERS_MS = 2000;
/** How long one server prunes the log before others may take it for dead. */
const PRUNE_MS = 60_000;

export interface DelivererOptions {
  db: Database;
  guard: OutboundGuard;
  logger: Logger;
  retry_delays_ms?: readonly number[];
  timeout_ms?: number;
  rewrite_ms?: number;
  disable_after_ms?: number;
  prune_every_ms?: number;
  log_bounds?: typeof LOG_BOUNDS;
}

/** A destination that something waits for. */
interface Active {
  url: string;
  /** Runs while it pauses. */
  timer?: ReturnType<typeof setTimeout>;
  isSending: boolean;
  /** Something was written for it while it was sending. */
  again: boolean;
  /** It was asked for while it was sending: it does not pause after. */
  cut: boolean;
  /** Somebody has asked for it: what a row says of a pause does not hold. */
  asked: boolean;
}

/** What comes after a turn: the pause before the next, or nothing that waits; and what the receiver did. */
interface Next {
  pause_ms: number | null;
  accepted: boolean | null;
}

const leaseName = (destination: string) => `outbox:${destination}`;

const IDLE: Next = { pause_ms: null, accepted: null };
const AGAIN: Next = { pause_ms: 0, accepted: null };

export class Deliverer {
  readonly #options: Required<DelivererOptions>;
  /** Writes wait for other programs' locks for as long as it takes. */
  readonly #db: Database;
  readonly #abort = new AbortController();
  readonly #schedule = new Schedule();
  readonly #active = new Map<string, Active>();
  readonly #working = new Set<Promise<void>>();
  readonly #tests: EndpointTests;
  /** By destination, the last of its deliveries that is damaged and could not even be ended. */
  readonly #unreadable = new Map<string, number>();
  #isStarted = false;
  /** Number of the last delivery that is known. */
  #seen = 0;
  #pumpTimer: ReturnType<typeof setTimeout> | undefined;
  #pruneTimer: ReturnType<typeof setTimeout> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #wantsRead = false;
  #pruning: Promise<void> = Promise.resolve();
  #cannotRead = false;

  constructor(options: DelivererOptions) {
    this.#options = {
      ...{ retry_delays_ms: RETRY_DELAYS_MS, timeout_ms: TIMEOUT_MS, rewrite_ms: REWRITE_MS },
      ...{ disable_after_ms: DISABLE_AFTER_MS, prune_every_ms: PRUNE_EVERY_MS, log_bounds: LOG_BOUNDS },
      ...options,
    };
    const { db, guard, timeout_ms } = this.#options;
    const { signal } = this.#abort;
    this.#db = patient(db, signal);
    this.#tests = new EndpointTests({ db, guard, timeout_ms, signal });
  }

  /** Begins to send; what an earlier process left is sent too. */
  start(): void {
    this.#isStarted = true;
    this.#read(() => this.#load());
    this.#prune();
  }

  /** Looks for what was written since it last did. */
  wake(): void {
    if (!this.#isStarted || this.#wantsRead) return;
    this.#wantsRead = true;
    this.#read(() => {
      this.#wantsRead = false;
      return this.#follow();
    });
  }

  /** Tries at once what waits for a destination: it is enabled again, has another URL, or somebody asks for it. */
  refresh(destination: string): void {
    if (!this.#isStarted) return;
    this.#read(async () => {
      const target = await findTarget(this.#db.read, destination);
      if (!target || target.isDisabled) return;
      this.#schedule.revive(target.url);
      this.#arrive(destination, target.url, 0, true);
      this.#pump();
    });
  }

  /**
   * Forgets a destination that is no more, and deletes what waits for it and its log, in small parts and while others go
   * on. What is left when the server dies goes at the next start, or when it is too old.
   */
  forget(destination: string): void {
    const active = this.#active.get(destination);
    if (active && !active.isSending) this.#drop(destination, active);
    this.#track((async () => {
      try {
        while (!this.#abort.signal.aborted && await deleteBatch(this.#db, destination));
      } catch (error) {
        this.#options.logger.error("Cannot delete deliveries", { destination, error: String(error) });
      }
    })());
  }

  /** Tests an endpoint. Where it accepts, what waits for it is tried again. @throws as `EndpointTests.send` */
  async test(endpoint: EndpointRow, openaiType?: FineTuningEventType): Promise<DeliveryRow> {
    const row = await this.#tests.send(endpoint, openaiType);
    if (row.status === "delivered") this.refresh(endpoint.id);
    return row;
  }

  /** Ends tries in progress; they are made again at the next start. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#abort.abort(new Error("The server is stopping"));
    clearTimeout(this.#pumpTimer);
    clearTimeout(this.#pruneTimer);
    for (const { timer } of this.#active.values()) clearTimeout(timer);
    await Promise.all([this.#reading, this.#pruning, ...this.#working]);
    this.#active.clear();
  }

  /** Reads of the outbox, one after the other, each until it succeeds. */
  #read(work: () => Promise<void>): void {
    this.#reading = this.#reading.then(async () => {
      while (!this.#abort.signal.aborted) {
        try {
          await work();
          this.#cannotRead = false;
          return;
        } catch (error) {
          await this.#unread(error);
        }
      }
    });
  }

  /** Says once that the outbox cannot be read, and waits before it is tried again. */
  async #unread(error: unknown): Promise<void> {
    if (this.#abort.signal.aborted) return;
    if (!this.#cannotRead) {
      this.#options.logger.error("Cannot read the webhook outbox", { error: String(error) });
    }
    this.#cannotRead = true;
    const { signal } = this.#abort;
    await sleep(this.#options.rewrite_ms, undefined, { signal }).catch(() => {});
  }

  /** Finds all destinations that something waits for. */
  async #load(): Promise<void> {
    const { read } = this.#db;
    this.#seen = await lastId(read);
    for (let after = ""; !this.#abort.signal.aborted;) {
      const found = await pendingDestinations(read, after);
      if (found.length === 0) return;
      this.#arriveAll(await describeWaiting(read, found));
      after = found.at(-1)!;
    }
  }

  /** Finds the destinations of what was written lately. */
  async #follow(): Promise<void> {
    const { read } = this.#db;
    while (!this.#abort.signal.aborted) {
      let written: Awaited<ReturnType<typeof writtenAfter>>;
      try {
        written = await writtenAfter(read, this.#seen);
      } catch (error) {
        if (!isDamage(error)) throw error;
        // Where the table cannot be read its index may be.
        return await this.#load();
      }
      if (written.length === 0) return;
      const pending = written.filter(({ isPending }) => isPending).map(({ destination }) => destination);
      const fresh = new Set<string>();
      for (const destination of pending) {
        const active = this.#active.get(destination);
        if (active) active.again = true;
        else fresh.add(destination);
      }
      if (fresh.size > 0) this.#arriveAll(await describeWaiting(read, [...fresh]));
      this.#seen = written.at(-1)!.id;
    }
  }

  #arriveAll(waiting: readonly Waiting[]): void {
    const { retry_delays_ms } = this.#options;
    for (const one of waiting) this.#arrive(one.destination, one.url, restOfPause(one, retry_delays_ms));
    this.#pump();
  }

  /** @param cut Whether a pause that it is in ends. */
  #arrive(destination: string, url: string, pause_ms: number, cut = false): void {
    const active = this.#active.get(destination);
    if (active?.isSending) {
      active.again = true;
      active.cut ||= cut;
      active.asked ||= cut;
    } else if (!active || cut) {
      if (active) this.#drop(destination, active);
      const fresh = { url, isSending: false, again: false, cut: false, asked: cut };
      this.#put(destination, fresh, pause_ms);
    }
  }

  /** Puts a destination into its pause or its line. */
  #put(destination: string, active: Active, pause_ms: number): void {
    if (this.#abort.signal.aborted) return;
    this.#active.set(destination, active);
    active.isSending = false;
    if (pause_ms <= 0) return this.#schedule.add(destination, active.url);
    active.timer = setTimeout(() => {
      active.timer = undefined;
      this.#schedule.add(destination, active.url);
      this.#pump();
    }, pause_ms);
  }

  #drop(destination: string, active: Active): void {
    clearTimeout(active.timer);
    this.#schedule.remove(destination, active.url);
    this.#active.delete(destination);
  }

  /** Begins whatever may begin. */
  #pump(): void {
    clearTimeout(this.#pumpTimer);
    if (this.#abort.signal.aborted) return;
    for (let turn = this.#schedule.take(performance.now()); turn;) {
      this.#track(this.#turn(turn.destination));
      turn = this.#schedule.take(performance.now());
    }
    const wait_ms = this.#schedule.wait(performance.now());
    if (wait_ms < Infinity) this.#pumpTimer = setTimeout(() => this.#pump(), Math.max(1, wait_ms));
  }

  /** Has `stop` wait for work. */
  #track(work: Promise<void>): void {
    this.#working.add(work);
    work.finally(() => this.#working.delete(work));
  }

  async #turn(destination: string): Promise<void> {
    const active = this.#active.get(destination)!;
    active.isSending = true;
    active.again = active.cut = false;
    let next: Next;
    try {
      next = await this.#deliver(destination, active);
      this.#cannotRead = false;
    } catch (error) {
      await this.#unread(error);
      next = AGAIN;
    }
    this.#schedule.done(destination, next.accepted, performance.now());
    if (active.cut || (next.pause_ms === null && active.again)) next = AGAIN;
    if (next.pause_ms === null) this.#active.delete(destination);
    else this.#put(destination, active, next.pause_ms);
    this.#pump();
  }

  /** Sends the oldest delivery that waits for a destination. */
  async #deliver(destination: string, active: Active): Promise<Next> {
    const { read } = this.#db;
    const after = this.#unreadable.get(destination) ?? 0;
    let head: DeliveryRow | null;
    let target: Target | null;
    try {
      [head, target] = await Promise.all([headOf(read, destination, after), findTarget(read, destination)]);
    } catch (error) {
      const id = isDamage(error) ? await headId(read, destination, after) : null;
      if (id === null) throw error;
      await this.#giveUp(destination, id, error);
      return AGAIN;
    }
    if (head === null) return IDLE;
    if (target === null) {
      this.forget(destination);
      return IDLE;
    }
    if (target.isDisabled) return IDLE;
    if (target.given_up !== null) return await this.#failAll(destination, target.given_up);
    if (target.url !== active.url) {
      active.url = target.url;
      return AGAIN;
    }
    const claimed = await this.#claim(head, after, active);
    if (!("id" in claimed)) return claimed;
    const outcome = await this.#attempt(claimed, target);
    if (outcome !== null) return await this.#settle(claimed, target, outcome);
    await this.#giveBack(destination);
    return IDLE;
  }

  /** Takes a destination for this server. @returns its oldest delivery, or when it may be looked at again */
  async #claim(head: DeliveryRow, after: number, active: Active): Promise<DeliveryRow | Next> {
    const { retry_delays_ms, timeout_ms } = this.#options;
    const { destination } = head;
    const { asked } = active;
    active.asked = false;
    if (!this.#db.isShared) return head;
    // Another server may have tried it meanwhile.
    const rest_ms = asked
      ? 0
      : restOfPause({ ...head, next_attempt_at: head.next_attempt_at.getTime() }, retry_delays_ms);
    if (rest_ms > 0) return { pause_ms: rest_ms, accepted: null };
    return await this.#db.write(async (tx) => {
      const held_ms = await takeLease(tx, this.#db.owner, leaseName(destination), timeout_ms + WRITE_MS);
      if (held_ms > 0) return { pause_ms: Math.min(held_ms, OTHERS_MS), accepted: null };
      const now = await headOf(tx, destination, after);
      // One that has come to be the oldest, or was tried since, is looked at as if nothing was known.
      if (now?.id === head.id && now.attempts === head.attempts) return now;
      await giveLease(tx, this.#db.owner, leaseName(destination));
      return AGAIN;
    });
  }

  async #giveBack(destination: string): Promise<void> {
    const { db } = this.#options;
    if (db.isShared) {
      await db.write((tx) => giveLease(tx, db.owner, leaseName(destination))).catch(() => {});
    }
  }

  #attempt(sent: Pick<DeliveryRow, "event_id" | "body">, to: Pick<Target, "url" | "secrets">) {
    const { guard, timeout_ms } = this.#options;
    return attempt(sent, to, { guard, timeout_ms, signal: this.#abort.signal });
  }

  /** Writes what became of a try. */
  async #settle(head: DeliveryRow, { kind }: Target, outcome: Outcome): Promise<Next> {
    const { logger, retry_delays_ms: delays_ms } = this.#options;
    const accepted = outcome.error === null;
    const isBehind = !accepted && await isBehindFailed(this.#db.read, head).catch(() => false);
    const at = new Date();
    const { change, pause_ms } = verdictOf(head, kind, outcome, { isBehindFailed: isBehind, delays_ms, at });
    const ended = await this.#write(head, kind, outcome, change, at);
    logger[accepted ? "debug" : "warn"]("Webhook", {
      ...{ job_id: head.about_job_id, event_id: head.event_id, destination: head.destination },
      ...{ outcome: change.status ?? "pending", attempts: change.attempts },
      ...{ status: outcome.status, error: outcome.error },
    });
    if (ended !== null) {
      const about = { destination: head.destination, reason: ended };
      logger.warn(kind === "job" ? "A job's webhook is given up" : "A webhook is disabled", about);
    }
    // A job's deliveries that are given up are failed in the next turn.
    return { pause_ms: kind === "endpoint" && ended !== null ? null : pause_ms, accepted };
  }

  /**
   * Writes an outcome, until there is room for it or the server stops: a delivery that is not known to have been tried
   * would be sent again at once, and again.
   *
   * @returns Why the destination is sent nothing more, if it is so from now on.
   */
  async #write(
    head: DeliveryRow,
    kind: Target["kind"],
    outcome: Outcome,
    change: DeliveryChange,
    at: Date,
  ): Promise<string | null> {
    const { logger, rewrite_ms, disable_after_ms, db } = this.#options;
    const what = { change, at, disable_after_ms };
    for (let tries = 1;; tries++) {
      try {
        return await db.write(async (tx) => {
          // What another server makes of it counts, unless the receiver has it now.
          const isOurs = !db.isShared || await hasLease(tx, db.owner, leaseName(head.destination));
          if (!isOurs && outcome.error !== null) return null;
          const ended = await recordOutcome(tx, head, kind, outcome, what);
          if (db.isShared) await giveLease(tx, db.owner, leaseName(head.destination));
          return ended;
        });
      } catch (error) {
        if (tries === 1) logger.error("Cannot write the outcome of a delivery", { error: String(error) });
        const { signal } = this.#abort;
        await sleep(rewrite_ms, undefined, { signal }).catch(() => {});
        if (signal.aborted) return null;
      }
    }
  }

  /** Fails everything that waits for a job's webhook that is given up. */
  async #failAll(destination: string, reason: string): Promise<Next> {
    while (!this.#abort.signal.aborted && await failBatch(this.#db, destination, reason));
    return IDLE;
  }

  /** Ends a delivery that cannot be read, so that it holds up no others of its destination. */
  async #giveUp(destination: string, id: number, error: unknown): Promise<void> {
    const { message: last_error } = this.#db.damaged(`The webhook delivery ${id}`, error);
    try {
      await this.#db.write((tx) =>
        changePending(tx, id, { status: "failed", last_error, finished_at: new Date() })
      );
    } catch (unwritable) {
      if (!isDamage(unwritable)) throw unwritable;
      this.#unreadable.set(destination, id);
    }
  }

  /** Takes out of the outbox what has been there too long, now and then. */
  #prune(): void {
    const { logger, log_bounds, prune_every_ms } = this.#options;
    const { signal } = this.#abort;
    this.#pruning = (async () => {
      try {
        await whileLeased(this.#db, "prune_outbox", PRUNE_MS, async (lost) => {
          const either = AbortSignal.any([signal, lost]);
          await expireKept(this.#db, either);
          await pruneLog(this.#db, either, log_bounds);
        });
      } catch (error) {
        if (!signal.aborted) logger.error("Cannot prune the webhook log", { error: String(error) });
      }
      if (!signal.aborted) this.#pruneTimer = setTimeout(() => this.#prune(), prune_every_ms);
    })();
  }
}

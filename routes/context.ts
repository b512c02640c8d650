/** What the routes share: the parts of the process they use, and what each request carries. */
import type { Database } from "../core/db/open_database.ts";
import type { Launcher } from "../core/processes/launchers.ts";
import type { ServingEngine } from "../core/processes/serving_engine.ts";
import type { Datasets } from "../core/datasets/datasets.ts";
import type { FineTuning } from "../core/fine_tuning/fine_tuning.ts";
import type { Files } from "../core/files/files.ts";
import type { ModelRegistry } from "../core/models/model_registry.ts";
import type { EventFeed } from "../core/jobs/event_feed.ts";
import type { Supervisor } from "../core/jobs/supervisor.ts";
import type { Caller, KeyRing } from "../core/keys/key_ring.ts";
import type { Logger } from "../core/log.ts";
import type { ModelRoot } from "../core/models/model_places.ts";
import type { RewardModules } from "../core/questions/reward_modules.ts";
import type { GraderServices } from "../core/questions/grader_question.ts";
import type { MakeAnswering } from "../core/questions/answering.ts";
import type { OutboundGuard } from "../core/outbound/outbound_guard.ts";
import type { Deliverer } from "../core/webhooks/deliverer.ts";
import type { Connection } from "./listen.ts";
import type { WrongKeys } from "./wrong_keys.ts";

export interface AppContext {
  db: Database;
  supervisor: Supervisor;
  feed: EventFeed;
  deliverer: Deliverer;
  serving: ServingEngine;
  guard: OutboundGuard;
  modules: RewardModules;
  /** What answers for graders. */
  graders: GraderServices;
  /** Whether a judge answers for models that are not here. */
  hasJudge?: boolean;
  /** What places jobs of several processes. */
  launcher: Launcher;
  /** Who answers what rewards ask. */
  answering: MakeAnswering;
  /** Where adapters for rollout servers are written, absolute; null where none can be. */
  adapters?: string | null;
  registry: ModelRegistry;
  datasets: Datasets;
  files: Files;
  fineTuning: FineTuning;
  logger: Logger;
  /** Absolute folders that models are searched in. */
  modelRoots: readonly ModelRoot[];
  /** Absolute. */
  dataDir: string;
  /** Where jobs run unless they say, and where texts are generated and scored: cpu, cuda or cuda:N. */
  device: string;
  /** What generations multiply by: float32 (half precision on a GPU), or int8. */
  servingPrecision?: "float32" | "int8";
  /** While none is required, everybody may do everything. */
  keys: KeyRing;
  /** Requests of a key in a minute; 0: any number. */
  rate_limit?: number;
  /** Origins whose web pages may ask for everything, as browsers write them. */
  corsOrigins?: readonly string[];
  /** Whether /metrics is answered without a key, where others need one. */
  metricsPublic?: boolean;
  /** Aborted when the server begins to stop; long answers end then. */
  closing: AbortSignal;
  max_body_bytes?: number;
  /** How long no byte of a body may come. */
  body_silence_ms?: number;
  max_event_streams?: number;
  max_event_streams_of_key?: number;
  heartbeat_ms?: number;
  wrongKeys?: WrongKeys;
}

/** Per request. */
export interface Env {
  /** Not there where a request comes by no connection, as in tests. */
  Bindings: Partial<Connection>;
  Variables: {
    requestId: string;
    logger: Logger;
    /** Whose API key came with the request; null without authentication. */
    caller: Caller | null;
  };
}

/**
 * `launched_jobs.ts [JOBS] [PLACES]`: so many jobs through the supervisor behind a launcher that queues, places some in vain
 * and loses some (tests/core/jobs/simulated_launcher.ts); a JSON line of what it took. Fails where a job is lost or run twice.
 */
import { simulate } from "../tests/core/jobs/simulated_launcher.ts";

const [jobs = "1000", places = "16"] = Deno.args;
console.log(JSON.stringify(await simulate(Number(jobs), Number(places))));

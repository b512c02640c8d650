/** The Kubernetes template is YAML, and what the MPI Operator's v2beta1 and the server take. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { readSettings } from "../core/settings/settings.ts";

Deno.test("docs/deploy/mpijob.yaml is an MPIJob whose launcher is the server with settings that it takes", async () => {
  const job = parse(await Deno.readTextFile(new URL("../docs/deploy/mpijob.yaml", import.meta.url)));
  assert.deepEqual([job.apiVersion, job.kind], ["kubeflow.org/v2beta1", "MPIJob"]);
  const { mpiReplicaSpecs: { Launcher, Worker }, ...spec } = job.spec;
  assert.equal(spec.mpiImplementation, "MPICH");
  assert.equal(spec.slotsPerWorker, 1);
  assert.equal(Launcher.replicas, 1);
  assert.ok(Worker.replicas > 1);
  const [server] = Launcher.template.spec.containers;
  const environment = Object.fromEntries(
    server.env.map(({ name, value }: { name: string; value?: string }) => [name, value ?? "key"]),
  );
  const settings = readSettings(environment);
  assert.equal(settings.LAUNCHER, "mpiexec");
  assert.equal(settings.PORT, server.ports[0].containerPort);
  // Where all see the same files.
  for (const { template: { spec: { containers: [container], volumes } } } of [Launcher, Worker]) {
    assert.deepEqual(container.volumeMounts, server.volumeMounts);
    assert.equal(volumes[0].name, container.volumeMounts[0].name);
    assert.ok(container.image === server.image);
  }
});

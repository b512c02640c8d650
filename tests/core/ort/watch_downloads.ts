/** Notes what comes from a device to the host: what is read there, and the outputs of runs that are bound to the host. */
import { Binding } from "../../../core/ort/binding.ts";
import type { Place } from "../../../core/ort/memory.ts";
import type { Runtime } from "../../../core/ort/runtime.ts";

/** Until it is disposed, calls `note` with "read" for each copy, and with an output's name for each that a run copies. */
export function watchDownloads({ device }: Runtime, note: (what: string) => void): Disposable {
  if (!device) throw new TypeError("Cannot watch downloads of the host");
  const { output, outputOnDevice, run, runSync } = Binding.prototype;
  const { download } = device;
  const places = new WeakMap<Binding, Map<string, Place>>();
  const bound = (binding: Binding, name: string, place: Place) => {
    places.set(binding, (places.get(binding) ?? new Map()).set(name, place));
  };
  const ran = (binding: Binding) => {
    for (const [name, place] of places.get(binding) ?? []) {
      if (place === "cpu") note(name);
    }
  };
  Binding.prototype.output = function (name, tensor) {
    bound(this, name, tensor.place);
    return output.call(this, name, tensor);
  };
  Binding.prototype.outputOnDevice = function (name, place = "cpu") {
    bound(this, name, place);
    return outputOnDevice.call(this, name, place);
  };
  Binding.prototype.run = function (options) {
    ran(this);
    return run.call(this, options);
  };
  Binding.prototype.runSync = function () {
    ran(this);
    runSync.call(this);
  };
  device.download = (from, to) => {
    note("read");
    download.call(device, from, to);
  };
  return {
    [Symbol.dispose]() {
      Object.assign(Binding.prototype, { output, outputOnDevice, run, runSync });
      device.download = download;
    },
  };
}

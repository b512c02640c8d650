/** Why a step ended before it had changed anything: a pause did not wait for what it waits for. */
export class StepAbandoned extends Error {
  override name = "StepAbandoned";

  constructor() {
    super("The step was given up for a pause");
  }
}

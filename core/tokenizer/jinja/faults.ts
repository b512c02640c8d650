/** What ends the rendering of a template: what Python would raise, and what is not done here. */

/** Python's jinja2 raises here too: the template refuses its input, or is wrong. */
export class TemplateFault extends Error {
  override name = "TemplateFault";
}

/** The template uses something whose text cannot be promised to be Python's; the message names it. */
export class TemplateRefusal extends Error {
  override name = "TemplateRefusal";

  constructor(what: string) {
    super(`${what} is not supported in chat templates here`);
  }
}

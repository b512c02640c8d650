import assert from "node:assert/strict";
import { preferredType } from "../../routes/preferred_type.ts";

const JSON_TYPE = "application/json", STREAM = "text/event-stream";

Deno.test("preferredType() follows case, qualities, wildcards and specificity as RFC 9110 has them", () => {
  for (
    const [header, type] of [
      [undefined, JSON_TYPE],
      ["", JSON_TYPE],
      ["*/*", JSON_TYPE],
      ["text/event-stream", STREAM],
      ["TEXT/EVENT-STREAM", STREAM],
      ["Text/Event-Stream; charset=UTF-8", STREAM],
      ["text/event-stream;q=0", JSON_TYPE],
      ["text/event-stream;q=0, */*", JSON_TYPE],
      ["text/event-stream;q=0.0, text/*", JSON_TYPE],
      ["text/event-stream; Q=0.001", STREAM],
      ["text/*", STREAM],
      ["text/*, application/json;q=0.9", STREAM],
      ["text/*;q=0.5, application/json;q=0.9", JSON_TYPE],
      ["text/event-stream;q=0.5, application/json", JSON_TYPE],
      ["application/json;q=0.5, text/event-stream", STREAM],
      ["application/json;q=0, */*", STREAM],
      // Specific ranges decide for their types, whatever wider ones say.
      ["text/*, text/event-stream;q=0.1, application/*;q=0.2", JSON_TYPE],
      ["*/*;q=0.1, text/event-stream", STREAM],
      ["text/event-stream, */*", STREAM],
      ["*/*, text/event-stream", STREAM],
      ["text/event-stream, application/json", STREAM],
      ["application/json, text/event-stream", JSON_TYPE],
      // Several headers of one name are one list.
      ["text/html, text/event-stream", STREAM],
      ["text/html", JSON_TYPE],
      ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON_TYPE],
      ["text/event-streams", JSON_TYPE],
      ["xtext/event-stream", JSON_TYPE],
      [";;,,/", JSON_TYPE],
    ] as const
  ) {
    assert.equal(preferredType(header, [JSON_TYPE, STREAM]), type, header);
  }
});

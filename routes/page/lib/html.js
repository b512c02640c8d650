/** JSX without a compiler: tagged templates that make preact's elements. */
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);

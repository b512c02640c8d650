/** Imports Pyodide and nothing else: what `deno install --entrypoint` of this file brings. Nobody runs it. */
import "pyodide";

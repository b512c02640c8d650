/**
 * Runs a Python grader by Pyodide in a process that may do nothing: it may read Pyodide's own folder until Pyodide is loaded,
 * and gives that up before the grader's source comes. Questions come in on stdin and what the grader gives goes out on
 * stdout, a JSON object a line. Whoever reads what it says trusts none of it: the grader may have changed anything in here.
 */

interface Pyodide {
  runPython(source: string): unknown;
  globals: { get(name: string): (text: string) => string };
}

/** What a grader prints is for people, and no more of it than so many characters. */
const PRINTED_CHARS = 64 * 1024;

const stdout = Deno.stdout;
const encoder = new TextEncoder();
let printed = 0;

function say(text: string): void {
  const bytes = encoder.encode(text + "\n");
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at));
}

function print(line: string): void {
  if (printed > PRINTED_CHARS) return;
  printed += line.length;
  console.error(line);
}

/**
 * `prepare` reads the source and says what is wrong with it; `grade` grades a row. The source is run anew for each row, and
 * random numbers begin anew, so that no score depends on which rows were graded before.
 */
const PYTHON = `
import ast as _ast, importlib.util as _util, json as _json, math as _math, random as _random, traceback as _traceback

_code = None

def _missing(tree):
    """Packages that are imported without anything that catches their absence."""
    names, stack = [], [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, (_ast.Try, _ast.TryStar)):
            continue
        if isinstance(node, _ast.Import):
            names += [alias.name for alias in node.names]
        if isinstance(node, _ast.ImportFrom) and node.level == 0:
            names.append(node.module)
        stack += _ast.iter_child_nodes(node)
    tops = sorted({name.split(".")[0] for name in names})
    return [name for name in tops if _util.find_spec(name) is None]

def _names(tree):
    """What the module binds, as far as it can be seen."""
    for node in _ast.walk(tree):
        if isinstance(node, (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)):
            yield node.name
        if isinstance(node, _ast.Name) and isinstance(node.ctx, _ast.Store):
            yield node.id
        if isinstance(node, _ast.alias):
            yield node.asname or node.name

def _prepare(source):
    global _code
    try:
        tree = _ast.parse(source, "grader.py")
        _code = compile(tree, "grader.py", "exec")
    except BaseException as error:
        return _json.dumps({"fault": "".join(_traceback.format_exception_only(error)).strip()[-500:]})
    missing = _missing(tree)
    if missing:
        return _json.dumps({"fault": "There is no package " + ", ".join(missing) + ": graders have Python's standard library, and no other packages"})
    if "grade" not in _names(tree):
        return _json.dumps({"fault": "Expected a function grade(sample, item), got none"})
    return _json.dumps({"ready": True})

def _grade(row):
    row = _json.loads(row)
    _random.seed(0)
    try:
        names = {"__name__": "grader"}
        exec(_code, names)
        grade = names.get("grade")
        if not callable(grade):
            return _json.dumps({"thrown": "Expected a function grade(sample, item), got none"})
        score = grade(row["sample"], row["item"])
        if not isinstance(score, (int, float)) or not _math.isfinite(score):
            shown = repr(score) if isinstance(score, float) else type(score).__name__
            return _json.dumps({"thrown": "Expected a finite number of grade(), got " + shown})
        return _json.dumps({"score": float(score)})
    except BaseException as error:
        lines = _traceback.format_exception(error, limit=-8)
        return _json.dumps({"thrown": "".join(line for line in lines if "python_harness" not in line)[-2000:]})
`;

const [folder] = Deno.args as [string];
const { loadPyodide } = await import(`file://${folder}/pyodide.mjs`);
const pyodide: Pyodide = await loadPyodide({
  indexURL: `${folder}/`,
  env: { PYTHONHASHSEED: "0" },
  stdout: print,
  stderr: print,
  // Nothing of JavaScript's to import: what may be done here is for the process's permissions to say.
  jsglobals: Object.create(null),
});
pyodide.runPython(PYTHON);
const prepare = pyodide.globals.get("_prepare"), grade = pyodide.globals.get("_grade");
Deno.permissions.revokeSync({ name: "read" });
say('{"loaded":true}');

// Sources are read until a row comes: from then on it is the last one's process.
let ask = (line: string): string => {
  const { source } = JSON.parse(line) as { source?: string };
  if (source !== undefined) return prepare(source);
  ask = (row) => grade(row);
  return grade(line);
};
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) say(ask(line));
}
Deno.exit(0);

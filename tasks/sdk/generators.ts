/** The generators of clients that the document is held against: a row each. Versions are pinned. */
import type { Place } from "./check_generator.ts";

type Command = readonly string[];

export interface Generator {
  /** Commands that must be there, as what tells their versions. */
  needs: readonly Command[];
  /** What is in its folder from the start. */
  files?: Record<string, string>;
  /** The program, a file of `programs/`, and where it goes in the folder. */
  program: { file: string; as: string };
  env?(place: Place): Record<string, string>;
  /** In order, from packages to the program's run, which prints `{ job, reward, bytes }` last. */
  steps(place: Place): readonly Command[];
}

const NPM_INSTALL = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"];
const NODE: readonly Command[] = [["node", "--version"], ["npm", "--version"]];

/** Compiles by TypeScript's own rules, whatever Deno would let through. */
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    ...{ strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
    ...{ module: "esnext", moduleResolution: "bundler", target: "es2022" },
    lib: ["es2022", "dom", "dom.iterable"],
  },
  include: ["*.ts", "generated"],
});
const DENO_ARGS = "declare const Deno: { args: string[] };\n";

/** Generated code names modules as bundlers take them, without the ends of their files. */
const runProgram = ({ url }: Place): Command => [
  ...[Deno.execPath(), "run", "--no-config", "--no-lock", "--no-check", "--node-modules-dir=manual"],
  ...["--unstable-sloppy-imports", "--allow-all", "program.ts", url],
];

export const GENERATORS: Record<string, Generator> = {
  "hey-api": {
    needs: NODE,
    files: {
      "package.json": '{ "type": "module" }',
      "tsconfig.json": TSCONFIG,
      "deno_args.d.ts": DENO_ARGS,
    },
    program: { file: "hey_api.ts", as: "program.ts" },
    steps: (place) => [
      [...NPM_INSTALL, "@hey-api/openapi-ts@0.95.0", "typescript@5.9.3"],
      ["npx", "openapi-ts", "-i", place.document, "-o", "generated"],
      ["npx", "tsc", "-p", "."],
      runProgram(place),
    ],
  },
  "openapi-typescript": {
    needs: NODE,
    files: {
      "package.json": '{ "type": "module" }',
      "tsconfig.json": TSCONFIG,
      "deno_args.d.ts": DENO_ARGS,
    },
    program: { file: "openapi_fetch.ts", as: "program.ts" },
    steps: (place) => [
      [...NPM_INSTALL, "openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3"],
      // What has a default may be left out of a request.
      [
        ...["npx", "openapi-typescript", place.document, "-o", "generated/schema.d.ts"],
        "--default-non-nullable=false",
      ],
      ["npx", "tsc", "-p", "."],
      runProgram(place),
    ],
  },
  "openapi-python-client": {
    needs: [["python3", "-c", "import sys, venv, ensurepip; assert sys.version_info >= (3, 11)"]],
    program: { file: "program.py", as: "program.py" },
    steps: ({ document, url }) => [
      ["python3", "-m", "venv", "venv"],
      ["venv/bin/pip", "install", "--quiet", "openapi-python-client==0.29.1"],
      [
        ...["venv/bin/openapi-python-client", "generate", "--path", document, "--meta", "none"],
        ...["--output-path", "proximal_client"],
      ],
      ["venv/bin/python", "-m", "compileall", "-q", "proximal_client"],
      ["venv/bin/python", "program.py", url],
    ],
  },
  "oapi-codegen": {
    needs: [["go", "version"]],
    files: { "go.mod": "module check\n\ngo 1.24\n" },
    program: { file: "oapi_codegen.go", as: "main.go" },
    env: ({ folder }) => ({ GOBIN: `${folder}/bin` }),
    steps: ({ document, url }) => [
      ["mkdir", "client"],
      ["go", "install", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"],
      [
        // Types of webhooks are of no path, and would be left out though they are used.
        ...["bin/oapi-codegen", "-generate", "types,client,skip-prune", "-package", "client"],
        ...["-o", "client/client.gen.go", document],
      ],
      ["go", "mod", "tidy"],
      ["go", "build", "-o", "program", "."],
      ["./program", url],
    ],
  },
  "openapi-generator": {
    needs: [["java", "-version"], ["mvn", "--version"], ["go", "version"]],
    files: { "go.mod": "module check\n\ngo 1.24\n" },
    program: { file: "openapi_generator.go", as: "main.go" },
    steps: ({ document, url }) => [
      [
        ...["mvn", "-q", "-B", "dependency:copy", "-DoutputDirectory=."],
        "-Dartifact=org.openapitools:openapi-generator-cli:7.25.0",
      ],
      [
        ...["java", "-jar", "openapi-generator-cli-7.25.0.jar", "generate", "-i", document, "-g", "go"],
        ...[
          "-o",
          "client",
          "--global-property",
          "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
        ],
        "--additional-properties=withGoMod=false,packageName=client,useOneOfDiscriminatorLookup=true",
      ],
      ["go", "mod", "tidy"],
      ["go", "build", "-o", "program", "."],
      ["./program", url],
    ],
  },
};

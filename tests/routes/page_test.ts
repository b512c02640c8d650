/** How the page is sent: small, kept by browsers, under a policy that lets it load nothing from elsewhere. */
import assert from "node:assert/strict";
import { served } from "./served.ts";

const MOST_BYTES = 300_000;

Deno.test("/ is a page whose files are there, kept for long, and small together", async () => {
  await served(async (it) => {
    const page = await it.app.request("/");
    assert.equal(page.headers.get("cache-control"), "no-store");
    const text = await page.text();
    const policy = page.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self' 'sha256-[\w+/=]+'; style-src 'self';/);
    assert.match(policy, /require-trusted-types-for 'script'/);
    assert.doesNotMatch(policy, /https?:|\*|unsafe|data:|blob:/);
    assert.doesNotMatch(text, /https?:|\son\w+=|style=/);
    const [, imports] = /<script type="importmap">(.*?)<\/script>/.exec(text)!;
    const linked = [...text.matchAll(/(?:src|href)="(\/page[^"]+)"/g)].map(([, path]) => path!);
    const paths = new Set([...linked, ...Object.values<string>(JSON.parse(imports!).imports)]);
    assert.ok(paths.size > 30, `${paths.size} files`);
    let sum = text.length;
    for (const path of paths) {
      const headers = { "accept-encoding": "gzip, br" };
      const file = await it.app.request(path, { headers });
      assert.equal(file.status, 200, path);
      assert.equal(file.headers.get("cache-control"), "public, max-age=31536000, immutable", path);
      const isFont = path.endsWith(".woff2");
      assert.equal(file.headers.get("content-encoding"), isFont ? null : "gzip", path);
      sum += (await file.arrayBuffer()).byteLength;
      if (isFont) continue;
      const plain = await (await it.app.request(path)).text();
      // What a module imports is one of the files too.
      for (const [, name] of plain.matchAll(/^(?:import|export)[^"'\n]*?from ?["']([^"']+)["']/gm)) {
        const wanted = name!.startsWith(".")
          ? new URL(name!, `http://page${path}`).pathname
          : JSON.parse(imports!).imports[name!];
        assert.ok(paths.has(wanted), `${path} imports ${name}`);
      }
      for (const [, name] of plain.matchAll(/url\("([^"]+)"\)/g)) {
        const font = await it.app.request(new URL(name!, `http://page${path}`).pathname);
        assert.equal(font.status, 200, name);
        const size = (await font.arrayBuffer()).byteLength;
        if (!paths.has(new URL(name!, `http://page${path}`).pathname)) sum += size;
      }
    }
    assert.ok(sum < MOST_BYTES, `${sum} bytes`);
    const other = [...paths][0]!.replace(/^\/page\/\w+/, "/page/0123456789abcdef");
    for (const path of [other, `${/^\/page\/\w+/.exec(linked[0]!)![0]}/../page.ts`, "/page/x"]) {
      assert.equal((await it.app.request(path)).status, 404, path);
    }
  });
});

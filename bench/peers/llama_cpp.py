"""llama.cpp's server, by the PyPI packages xllamacpp and gguf: `llama_cpp.py SIZE THREADS ROWS [ROWS ...]` prints a JSON line
for each type of weights and number of rows: tokens a second after each row's first, as serving_table.ts counts ours. Random
weights, prompt and response lengths of the workload."""
import concurrent.futures, importlib.util, json, os, sys, tempfile, urllib.request

missing = [name for name in ("xllamacpp", "gguf", "numpy") if importlib.util.find_spec(name) is None]
if missing:
    print(json.dumps({"skipped": "llama.cpp server", "missing": missing}))
    sys.exit(0)

import gguf, numpy as np, xllamacpp

# vocabulary, hidden, inner, layers, heads, kv heads, head size; prompt, response
SIZES = {"135m": (49152, 576, 1536, 30, 9, 3, 64, 64, 50)}
TYPES = {"F32": gguf.GGMLQuantizationType.F32, "F16": gguf.GGMLQuantizationType.F16, "Q8_0": gguf.GGMLQuantizationType.Q8_0}
size, threads, rows = sys.argv[1], int(sys.argv[2]), [int(r) for r in sys.argv[3:]]
if size not in SIZES:
    print(json.dumps({"skipped": "llama.cpp server", "size": size}))
    sys.exit(0)
V, H, I, L, N, K, D, P, R = SIZES[size]


def write(path, kind):
    w = gguf.GGUFWriter(path, "llama")
    for name, value in (("context_length", 2048), ("embedding_length", H), ("block_count", L), ("feed_forward_length", I), ("head_count", N), ("head_count_kv", K)):
        getattr(w, f"add_{name}")(value)
    w.add_rope_dimension_count(D)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(V)
    w.add_tokenizer_model("llama")
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    w.add_token_list(tokens + [f"\u2581t{i}" for i in range(len(tokens), V)])
    w.add_token_scores([-1.0] * V)
    w.add_token_types([2, 3, 3] + [6] * 256 + [1] * (V - len(tokens)))
    w.add_bos_token_id(1); w.add_eos_token_id(2)
    rng = np.random.default_rng(0)

    def matrix(name, *shape):
        data = (rng.standard_normal(shape, dtype=np.float32) * 0.02)
        w.add_tensor(name, gguf.quants.quantize(data, TYPES[kind]), raw_dtype=TYPES[kind])

    matrix("token_embd.weight", V, H)
    w.add_tensor("output_norm.weight", np.ones(H, np.float32))
    for l in range(L):
        for name, shape in (("attn_q", (N * D, H)), ("attn_k", (K * D, H)), ("attn_v", (K * D, H)), ("attn_output", (H, N * D)), ("ffn_gate", (I, H)), ("ffn_up", (I, H)), ("ffn_down", (H, I))):
            matrix(f"blk.{l}.{name}.weight", *shape)
        for name in ("attn_norm", "ffn_norm"):
            w.add_tensor(f"blk.{l}.{name}.weight", np.ones(H, np.float32))
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


def ask(address, row):
    ids = [int(i) for i in np.random.default_rng(row + 1).integers(300, V, P)]
    body = {"prompt": ids, "n_predict": R, "ignore_eos": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "cache_prompt": False, "seed": row}
    request = urllib.request.Request(address + "/completion", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)["timings"]


with tempfile.TemporaryDirectory() as folder:
    for kind in TYPES:
        path = os.path.join(folder, kind + ".gguf")
        write(path, kind)
        for count in rows:
            p = xllamacpp.CommonParams()
            p.model.path = path
            p.n_parallel, p.n_ctx, p.port, p.hostnames = count, count * (P + R + 8), 0, ["127.0.0.1"]
            p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
            server = xllamacpp.Server(p)
            best = 0
            with concurrent.futures.ThreadPoolExecutor(count) as pool:
                for _ in range(4):
                    timings = list(pool.map(lambda row: ask(server.listening_address, row), range(count)))
                    best = max(best, count * (R - 1) / max(t["predicted_ms"] for t in timings) * 1000)
            print(json.dumps({"system": f"llama.cpp {kind}", "rows": count, "tok_s": round(best, 1)}), flush=True)
            del server

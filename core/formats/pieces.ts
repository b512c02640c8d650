/** Bytes that lie in pieces, of memory and of open files, as one sequence of a known length, read from anywhere in it. */

/** A piece: bytes, or the first `bytes` of a file. */
export type Piece = Uint8Array | { file: Deno.FsFile; bytes: number };

const CHUNK_BYTES = 256 * 1024;

/** How many bytes a piece has. */
function sizeOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.bytes;
}

/** How many bytes all pieces have. */
export function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
}

/** Closes the files among them. */
export function closePieces(pieces: readonly Piece[]): void {
  for (const piece of pieces) if (!(piece instanceof Uint8Array)) piece.file.close();
}

/**
 * The bytes from `start` up to and without `end`, at the reader's pace. The files are closed when all was read, when the
 * reader goes away and when one ends too early, which is an error.
 */
export function readPieces(
  pieces: readonly Piece[],
  start = 0,
  end = bytesOf(pieces),
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = chunksOf(pieces, start, end);
  let open = true;
  const close = () => {
    if (open) closePieces(pieces);
    open = false;
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (!done) return controller.enqueue(value);
        close();
        controller.close();
      } catch (error) {
        close();
        throw error;
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

async function* chunksOf(
  pieces: readonly Piece[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let before = 0;
  for (const piece of pieces) {
    const size = sizeOf(piece);
    let at = Math.max(0, start - before);
    const stop = Math.min(size, end - before);
    before += size;
    if (at >= stop) continue;
    if (piece instanceof Uint8Array) {
      yield piece.slice(at, stop);
      continue;
    }
    await piece.file.seek(at, Deno.SeekMode.Start);
    while (at < stop) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, stop - at));
      const read = await piece.file.read(chunk);
      if (read === null) throw new Error(`A file ended ${stop - at} bytes too early while it was sent`);
      at += read;
      yield chunk.subarray(0, read);
    }
  }
}

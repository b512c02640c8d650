/** Files that clients keep on the server under an id, beside those that jobs leave there. */

/** What a client may send a file for. */
export const UPLOAD_PURPOSES = ["fine-tune", "evals", "user_data"] as const;

/** What files are for; results are written here. */
export const FILE_PURPOSES = [...UPLOAD_PURPOSES, "fine-tune-results"] as const;

export type FilePurpose = (typeof FILE_PURPOSES)[number];

/** Below DATA_DIR: a folder for each, and in it its bytes. */
export const FILES_FOLDER = "files";
export const CONTENT_FILE = "content";

/** Questions about a batch's record, its review and deviations, and what is done about them. */

import { ask, get, send } from "./api";
import type { BatchRecord, Matter, Standing } from "./dossier";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Deviation = Schemas["OneDeviation"];
export type DeviationClass = Schemas["DeviationClass"];
export type Decision = Schemas["Decision"];
export type Package = Schemas["BatchPackage"];

const at = (batch: string): string => `/batches/${encodeURIComponent(batch)}`;
const signature = (password: string, meaning: string) => ({ password, meaning });
/** What nobody has counted before is, from raw values: of weeks that takes minutes. The server has as much patience. */
const reckoning_ms = 900_000;

export const recordOf = (batch: string): Promise<BatchRecord> => get(`${at(batch)}/record`, reckoning_ms);
/** How much of it is counted, 0 to 1; null: nobody waits for it. */
export const shareOf = async (batch: string): Promise<number | null> => (await get<{ share: number | null }>(`${at(batch)}/dossier/progress`)).share;

const posted = async <T>(path: string, body: unknown, patience_ms?: number): Promise<T> =>
  (await (await send(path, body, patience_ms)).json()) as T;

export const signLevel = (batch: string, sha256: string, comment: string, password: string): Promise<Standing> =>
  posted(`${at(batch)}/reviews`, { sha256, comment, signature: signature(password, "review") }, reckoning_ms);

export const decide = (batch: string, sha256: string, outcome: Decision, comment: string, password: string): Promise<Standing> =>
  posted(
    `${at(batch)}/release`,
    { outcome, sha256, comment, signature: signature(password, outcome === "released" ? "approval" : "responsibility") },
    reckoning_ms,
  );

// --- Deviations ----------------------------------------------------------------------------------------

export const deviations = async (): Promise<Deviation[]> => (await get<{ deviations: Deviation[] }>("/deviations")).deviations;

export const openDeviation = (batch: string | null, title: string, about: readonly Matter[], password: string): Promise<Deviation> =>
  posted("/deviations", {
    batch,
    title,
    about: about.map(({ kind, id, at: when }) => ({ kind, id, at: when })),
    signature: signature(password, "authorship"),
  });

interface Assessment {
  class: DeviationClass;
  cause: string;
  impact: string;
  action: string;
}

export const assess = (number: string, said: Assessment, password: string): Promise<Deviation> =>
  posted(`/deviations/${number}/assess`, { ...said, signature: signature(password, "authorship") });

export const close = (number: string, comment: string, password: string): Promise<Deviation> =>
  posted(`/deviations/${number}/close`, { comment, signature: signature(password, "approval") });

export const reopen = (number: string, comment: string, password: string): Promise<Deviation> =>
  posted(`/deviations/${number}/reopen`, { comment, signature: signature(password, "responsibility") });

// --- The package -----------------------------------------------------------------------------------------

const of = (batch: string): string => `/packages/${encodeURIComponent(batch)}`;

export const packageOf = (batch: string): Promise<Package> => get(of(batch));
export const makePackage = (batch: string): Promise<Package> => posted("/packages", { batch });
export const stopPackage = (batch: string): Promise<Response> => ask(of(batch), { method: "DELETE" });
export const packageFile = (batch: string): string => `/api/v1${of(batch)}/file`;

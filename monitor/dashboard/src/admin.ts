/** Questions about people, the book and the plant's versions, and what is done to them. */

import { ask, get, send } from "./api";
import type { Signing } from "./api-types";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type OnePerson = Schemas["OnePerson"];
export type OneTraining = Schemas["OneTraining"];
export type Subject = Schemas["Subject"];
export type OneToken = Schemas["OneToken"];
export type OpenSession = Schemas["OpenSession"];
/** A password that is good for one sign-in. */
export type OneTime = Schemas["OneTime"];
export type BookLine = Schemas["BookLine"];
export type BookLineWhole = Schemas["BookLineWhole"];
export type BookPage = Schemas["BookPage"];
export type SecondFactor = Schemas["NewSecret"];
export type Review = Schemas["Review"];
export type Difference = Schemas["PlantDifference"];
export type Proposal = Schemas["PlantProposal"];
export type ProposalWhole = Schemas["PlantProposalWhole"];
export type Proposals = Schemas["PlantProposals"];
export type Version = Schemas["PlantVersion"];
export type Trial = Schemas["PlantTrial"];

async function answer<T>(path: string, body: unknown): Promise<T> {
  return (await (await send(path, body)).json()) as T;
}

async function tell(path: string, body: unknown): Promise<void> {
  await send(path, body);
}

const quoted = encodeURIComponent;

// --- One's own account

export const changePassword = (old: string, wanted: string): Promise<void> => tell("/session/password", { old, new: wanted });

export const makeSecondFactor = (): Promise<SecondFactor> => answer("/session/totp/secret", {});

export const takeOnSecondFactor = (password: string, secret: string, code: string): Promise<void> =>
  tell("/session/totp", { password, secret, code });

export const ownSessions = async (): Promise<OpenSession[]> =>
  (await get<Schemas["OpenSessions"]>("/session/own")).sessions;

export const endOwnSession = async (id: string): Promise<void> => {
  await ask(`/session/own/${id}`, { method: "DELETE" });
};

// --- People

export const people = async (): Promise<OnePerson[]> => (await get<Schemas["Everybody"]>("/people")).people;

export const addPerson = (person: Schemas["NewPerson"]): Promise<OneTime> => answer("/people", person);

const person = (name: string, deed: string): string => `/people/${quoted(name)}/${deed}`;

export const giveRole = (name: string, role: Role, reason: string): Promise<void> => tell(person(name, "role"), { role, reason });

export const disable = (name: string, reason: string): Promise<void> => tell(person(name, "disable"), { reason });

export const unlock = (name: string, reason: string): Promise<void> => tell(person(name, "unlock"), { reason });

export const resetPassword = (name: string, reason: string): Promise<OneTime> => answer(person(name, "reset"), { reason });

/** Says who somebody is at the site's own sign-in; "": by password only. */
export const linkSubject = (name: string, subject: string, reason: string): Promise<void> =>
  tell(person(name, "subject"), { subject, reason });

export const everySession = async (): Promise<OpenSession[]> => (await get<Schemas["OpenSessions"]>("/sessions")).sessions;

export const endSession = (id: string, reason: string): Promise<void> => tell(`/sessions/${id}/end`, { reason });

export const training = async (): Promise<OneTraining[]> => (await get<Schemas["AllTraining"]>("/training")).training;

export const noteTraining = (noted: Schemas["NewTraining"]): Promise<void> => tell("/training", noted);

export const tokens = async (): Promise<OneToken[]> => (await get<Schemas["AllTokens"]>("/tokens")).tokens;

export const makeToken = (token: Schemas["NewToken"]): Promise<Schemas["MadeToken"]> => answer("/tokens", token);

export const revokeToken = (name: string, reason: string): Promise<void> => tell(`/tokens/${quoted(name)}/revoke`, { reason });

// --- The book

export const bookPage = (asked: URLSearchParams): Promise<BookPage> => get(`/book?${asked}`);

export const bookLine = ({ chain, seq }: BookLine): Promise<BookLineWhole> =>
  get(`/book/line?${new URLSearchParams({ chain, seq: String(seq) })}`);

export const reviews = async (start: string, end: string): Promise<Review[]> =>
  (await get<Schemas["Reviews"]>(`/book/reviews?${new URLSearchParams({ start, end })}`)).reviews;

export const review = (start: string, end: string, comment: string, password: string): Promise<Review> =>
  answer("/book/reviews", { start, end, comment, signature: { password, meaning: "review" } satisfies Signing });

// --- Changes of the plant

export const versions = async (): Promise<Version[]> => (await get<Schemas["PlantVersions"]>("/plant/versions")).versions;

export const proposals = (): Promise<Proposals> => get("/plant/proposals");

const proposal = (number: number, deed = ""): string => `/plant/proposals/${number}${deed && `/${deed}`}`;

export const proposalOf = (number: number): Promise<ProposalWhole> => get(proposal(number));

export const proposeOffered = (reason: string): Promise<void> => tell("/plant/proposals", { reason, offered: true });

export const approve = (number: number, comment: string, password: string): Promise<void> =>
  tell(proposal(number, "approve"), { comment, signature: { password, meaning: "approval" } satisfies Signing });

export const reject = (number: number, reason: string): Promise<void> => tell(proposal(number, "reject"), { reason });

export const withdraw = (number: number, reason: string): Promise<void> => tell(proposal(number, "withdraw"), { reason });

export const startReplay = (number: number): Promise<Trial> => answer(proposal(number, "replay"), {});

export const replayOf = (number: number): Promise<Trial> => get(proposal(number, "replay"));

export const stopReplay = async (number: number): Promise<void> => {
  await ask(proposal(number, "replay"), { method: "DELETE" });
};

/** The server's words as the screen uses them. `schema.d.ts` is made from the server itself: `.ci/dashboard types`. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Text = Schemas["Label"];
export type Level = Schemas["Level"];
export type Priority = Schemas["Priority"];
export type Kind = Schemas["Kind"];
export type Channel = Schemas["PlantChannel"];
export type Series = Schemas["PlantSeries"];
export type Device = Schemas["PlantDevice"];
export type Zone = Schemas["PlantZone"];
export type Line = Schemas["PlantLine"];
export type Workshop = Schemas["PlantWorkshop"];
export type Limit = Schemas["PlantLimit"];
export type Derived = Schemas["PlantDerived"];
export type Plant = Schemas["PlantDocument"];
export type Sample = Schemas["Sample"];
export type Alarm = Schemas["Alarm"];
export type AlarmState = Schemas["AlarmState"];
export type Health = Schemas["CollectorHealth"];
export type Guidance = Schemas["AlarmGuidance"];
export type Transition = Schemas["Transition"];
export type Signing = Schemas["Signing"];
/** The password, or the PIN where that is enough. */
export type SigningShort = Schemas["SigningShort"];
export type AlarmLoad = Schemas["AlarmLoad"];
export type AlarmHistory = Schemas["History"];
export type Occupancy = Schemas["Occupancy"];
export type Ask = Schemas["Ask"];
/** A protective action as it stands now. */
export type Protection = Schemas["Protection"];
/** What is known of it in the plant. */
export type PlantProtection = Schemas["PlantProtection"];
/** A name and a password, of a second person who signs. */
export type Credentials = Schemas["Credentials"];
/** What a person has a right to do. */
export type Deed = Schemas["Deed"];
export type Person = Schemas["SignedInPerson"];
export type Readings = Schemas["Readings"];
export type InstrumentState = Schemas["InstrumentState"];
export type InstrumentFacts = Omit<NewEntry, "instrument" | "reason">;
export type InstrumentEntry = Schemas["InstrumentEntry"];
export type NewEntry = Schemas["NewEntry"];
export type Instrument = Schemas["Instrument"];
export type InstrumentList = Schemas["InstrumentList"];
export type ChannelReadings = Schemas["ChannelReadings"];
export type PastLimit = Schemas["PastLimit"];
export type PastOccupancy = Schemas["PastOccupancy"];
/** A batch that runs on a line. */
export type RunningBatch = Schemas["RunningBatch"];
export type Product = Schemas["PlantProduct"];

/** What the live feed says. */
export type Message = Schemas["LiveMessage"];

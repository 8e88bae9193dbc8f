import { z } from "zod";

/** Keys of everything but users: the pattern of Permit's API description. */
export const keySchema = z.string().regex(/^[A-Za-z0-9\-_]+$/);
/** Keys of users. */
export const userKeySchema = z.string().regex(/^[A-Za-z0-9|@+\-._]+$/);
/** Attributes: any JSON object. */
export const attributesSchema = z.record(z.string(), z.unknown());
/** An optional text; null is the same as unset. */
export const textSchema = z.string().nullish();

import { z } from "zod";

/** Keys of everything but users: the pattern of Permit's API description. */
export const keySchema = z.string().regex(/^[A-Za-z0-9\-_]+$/);
/** Keys of users. */
export const userKeySchema = z.string().regex(/^[A-Za-z0-9|@+\-._]+$/);
/** Attributes: any JSON object. */
export const attributesSchema = z.record(z.string(), z.unknown());
/** An optional text; null is the same as unset. */
export const textSchema = z.string().nullish();

/** Fields that Permit's API keeps for clients of its first version. Accepted and forgotten: nothing reads them. */
export const firstVersionFields = {
  action: {
    v1compat_path: textSchema,
    v1compat_name: textSchema,
    v1compat_is_built_in: z.boolean().nullish(),
  },
  resource: { v1compat_path: textSchema, v1compat_type: textSchema, v1compat_name: textSchema },
  role: {
    v1compat_settings: attributesSchema.nullish(),
    v1compat_attributes: attributesSchema.nullish(),
    v1compat_is_built_in: z.boolean().nullish(),
  },
};

import fc from "fast-check";

// A mutant is caught by the first example that fails; the smallest one is of no interest.
fc.configureGlobal({ endOnFailure: true });

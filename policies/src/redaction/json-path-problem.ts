/** A path that can't be used. Its message goes on after "The path". */
export class JsonPathProblem extends Error {}

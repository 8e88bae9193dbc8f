import { useId } from "react";
import type { Level } from "../../../src/consent/contract.ts";
import { levels, levelWords, reaches } from "../levels.ts";
import { LockIcon } from "./icons.tsx";

interface LevelChoiceProps {
  /** Of the radio buttons: another one for each choice on the page. */
  readonly name: string;
  readonly legend: string;
  readonly level: Level;
  readonly ceiling: Level;
  readonly disabled: boolean;
  readonly onChange: (level: Level) => void;
}

/** The three levels as a stepped slider: native radio buttons, so arrow keys work and a level above the ceiling can't be reached. */
export function LevelChoice({ name, legend, level, ceiling, disabled, onChange }: LevelChoiceProps) {
  const limitId = useId();
  const limited = ceiling !== "high";
  return (
    <fieldset className="level-choice" disabled={disabled} aria-describedby={limited ? limitId : undefined}>
      <legend>{legend}</legend>
      <div className="level-steps">
        {levels.map((step) => (
          <LevelStep
            key={step}
            name={name}
            step={step}
            level={level}
            allowed={reaches(ceiling, step)}
            onChoose={() => onChange(step)}
          />
        ))}
      </div>
      {limited ? (
        <p className="level-limit" id={limitId}>
          <LockIcon />
          <span>
            An admin set your limit on this server to <strong>{ceiling}</strong>. You can't give an agent more than you
            have.
          </span>
        </p>
      ) : null}
    </fieldset>
  );
}

interface LevelStepProps {
  readonly name: string;
  readonly step: Level;
  readonly level: Level;
  readonly allowed: boolean;
  readonly onChoose: () => void;
}

function LevelStep({ name, step, level, allowed, onChoose }: LevelStepProps) {
  const state = allowed ? (reaches(level, step) ? "reached" : "open") : "muted";
  return (
    <label className={`level-step level-step-${state}`}>
      <input
        type="radio"
        name={name}
        value={step}
        checked={step === level}
        disabled={!allowed}
        onChange={() => {
          if (allowed) onChoose();
        }}
      />
      <span className="level-name">{levelWords[step].name}</span>
      <span className="level-key">{step}</span>
      {allowed ? null : <span className="level-muted">above your limit</span>}
    </label>
  );
}

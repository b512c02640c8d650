from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.evaluate_held_out_rows import EvaluateHeldOutRows
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_prompt import ChatPrompt
  from ..models.text_prompt import TextPrompt





T = TypeVar("T", bound="Evaluate")



@_attrs_define
class Evaluate:
    """ Evaluate the policy on the way: before the first step, as often as this says, and after the last. Nothing of the
    training depends on it but which prompts are held out. Default null: not.

        Attributes:
            every_epochs (int | None | Unset): Evaluate after every so many epochs. Default 1, if every_steps is not given.
            every_steps (int | None | Unset): Evaluate after every so many steps instead.
            prompts (list[ChatPrompt | str | TextPrompt] | None | Unset): What to answer, up to 200,000 characters in all.
                Default null: held_out says.
            held_out (float | None | Unset): Instead: so many of the job's own prompts, which are then not trained on; a
                share below 1, or a number of prompts. The seed chooses them.
            held_out_rows (EvaluateHeldOutRows | Unset): Which rows held_out keeps: random, as the seed chooses them, or
                last, those at the end, for data that was split before. Default random.
            samples_per_prompt (int | Unset): Completions of each prompt. Default 1. Default: 1.
            temperature (float | None | Unset): Sampling temperature; 0 is greedy. Default null: ppo.temperature.
     """

    every_epochs: int | None | Unset = UNSET
    every_steps: int | None | Unset = UNSET
    prompts: list[ChatPrompt | str | TextPrompt] | None | Unset = UNSET
    held_out: float | None | Unset = UNSET
    held_out_rows: EvaluateHeldOutRows | Unset = UNSET
    samples_per_prompt: int | Unset = 1
    temperature: float | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        every_epochs: int | None | Unset
        if isinstance(self.every_epochs, Unset):
            every_epochs = UNSET
        else:
            every_epochs = self.every_epochs

        every_steps: int | None | Unset
        if isinstance(self.every_steps, Unset):
            every_steps = UNSET
        else:
            every_steps = self.every_steps

        prompts: list[dict[str, Any] | str] | None | Unset
        if isinstance(self.prompts, Unset):
            prompts = UNSET
        elif isinstance(self.prompts, list):
            prompts = []
            for prompts_type_0_item_data in self.prompts:
                prompts_type_0_item: dict[str, Any] | str
                if isinstance(prompts_type_0_item_data, TextPrompt):
                    prompts_type_0_item = prompts_type_0_item_data.to_dict()
                elif isinstance(prompts_type_0_item_data, ChatPrompt):
                    prompts_type_0_item = prompts_type_0_item_data.to_dict()
                else:
                    prompts_type_0_item = prompts_type_0_item_data
                prompts.append(prompts_type_0_item)


        else:
            prompts = self.prompts

        held_out: float | None | Unset
        if isinstance(self.held_out, Unset):
            held_out = UNSET
        else:
            held_out = self.held_out

        held_out_rows: str | Unset = UNSET
        if not isinstance(self.held_out_rows, Unset):
            held_out_rows = self.held_out_rows.value


        samples_per_prompt = self.samples_per_prompt

        temperature: float | None | Unset
        if isinstance(self.temperature, Unset):
            temperature = UNSET
        else:
            temperature = self.temperature


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if every_epochs is not UNSET:
            field_dict["every_epochs"] = every_epochs
        if every_steps is not UNSET:
            field_dict["every_steps"] = every_steps
        if prompts is not UNSET:
            field_dict["prompts"] = prompts
        if held_out is not UNSET:
            field_dict["held_out"] = held_out
        if held_out_rows is not UNSET:
            field_dict["held_out_rows"] = held_out_rows
        if samples_per_prompt is not UNSET:
            field_dict["samples_per_prompt"] = samples_per_prompt
        if temperature is not UNSET:
            field_dict["temperature"] = temperature

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        d = dict(src_dict)
        def _parse_every_epochs(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        every_epochs = _parse_every_epochs(d.pop("every_epochs", UNSET))


        def _parse_every_steps(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        every_steps = _parse_every_steps(d.pop("every_steps", UNSET))


        def _parse_prompts(data: object) -> list[ChatPrompt | str | TextPrompt] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                prompts_type_0 = []
                _prompts_type_0 = data
                for prompts_type_0_item_data in (_prompts_type_0):
                    def _parse_prompts_type_0_item(data: object) -> ChatPrompt | str | TextPrompt:
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            componentsschemas_prompt_type_1 = TextPrompt.from_dict(data)



                            return componentsschemas_prompt_type_1
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            componentsschemas_prompt_type_2 = ChatPrompt.from_dict(data)



                            return componentsschemas_prompt_type_2
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        return cast(ChatPrompt | str | TextPrompt, data)

                    prompts_type_0_item = _parse_prompts_type_0_item(prompts_type_0_item_data)

                    prompts_type_0.append(prompts_type_0_item)

                return prompts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ChatPrompt | str | TextPrompt] | None | Unset, data)

        prompts = _parse_prompts(d.pop("prompts", UNSET))


        def _parse_held_out(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        held_out = _parse_held_out(d.pop("held_out", UNSET))


        _held_out_rows = d.pop("held_out_rows", UNSET)
        held_out_rows: EvaluateHeldOutRows | Unset
        if isinstance(_held_out_rows,  Unset):
            held_out_rows = UNSET
        else:
            held_out_rows = EvaluateHeldOutRows(_held_out_rows)




        samples_per_prompt = d.pop("samples_per_prompt", UNSET)

        def _parse_temperature(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        temperature = _parse_temperature(d.pop("temperature", UNSET))


        evaluate = cls(
            every_epochs=every_epochs,
            every_steps=every_steps,
            prompts=prompts,
            held_out=held_out,
            held_out_rows=held_out_rows,
            samples_per_prompt=samples_per_prompt,
            temperature=temperature,
        )

        return evaluate


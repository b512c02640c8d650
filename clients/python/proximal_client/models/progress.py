from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Progress")



@_attrs_define
class Progress:
    """ How far a job is

        Attributes:
            epoch (int): Of the last step that is done, from 1; 0 before the first.
            epochs (int): In all.
            step (int): The last that is done, from 1; 0 before the first.
            steps (int): In all.
            episodes (int): Rollouts, examples or pairs that were worked on so far.
            tokens (int): Tokens that were sampled or learned so far.
            eta_seconds (float | None): Seconds until the last step, from the mean of the steps so far; null before the
                first.
     """

    epoch: int
    epochs: int
    step: int
    steps: int
    episodes: int
    tokens: int
    eta_seconds: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        epoch = self.epoch

        epochs = self.epochs

        step = self.step

        steps = self.steps

        episodes = self.episodes

        tokens = self.tokens

        eta_seconds: float | None
        eta_seconds = self.eta_seconds


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "epoch": epoch,
            "epochs": epochs,
            "step": step,
            "steps": steps,
            "episodes": episodes,
            "tokens": tokens,
            "eta_seconds": eta_seconds,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        epoch = d.pop("epoch")

        epochs = d.pop("epochs")

        step = d.pop("step")

        steps = d.pop("steps")

        episodes = d.pop("episodes")

        tokens = d.pop("tokens")

        def _parse_eta_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        eta_seconds = _parse_eta_seconds(d.pop("eta_seconds"))


        progress = cls(
            epoch=epoch,
            epochs=epochs,
            step=step,
            steps=steps,
            episodes=episodes,
            tokens=tokens,
            eta_seconds=eta_seconds,
        )


        progress.additional_properties = d
        return progress

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

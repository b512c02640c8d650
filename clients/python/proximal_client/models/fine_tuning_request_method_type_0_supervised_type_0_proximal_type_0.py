from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="FineTuningRequestMethodType0SupervisedType0ProximalType0")



@_attrs_define
class FineTuningRequestMethodType0SupervisedType0ProximalType0:
    """ Fields of POST /v1/training-jobs, as they are there: sft, trainable, keep, early_stop, max_attempts, device,
    base_precision, checkpoint_every_steps.

        Attributes:
            sft (Any | Unset): As sft of POST /v1/training-jobs.
            trainable (Any | Unset): As trainable of POST /v1/training-jobs.
            keep (Any | Unset): As keep of POST /v1/training-jobs.
            early_stop (Any | Unset): As early_stop of POST /v1/training-jobs.
            max_attempts (Any | Unset): As max_attempts of POST /v1/training-jobs.
            device (Any | Unset): As device of POST /v1/training-jobs.
            base_precision (Any | Unset): As base_precision of POST /v1/training-jobs.
            checkpoint_every_steps (Any | Unset): As checkpoint_every_steps of POST /v1/training-jobs.
     """

    sft: Any | Unset = UNSET
    trainable: Any | Unset = UNSET
    keep: Any | Unset = UNSET
    early_stop: Any | Unset = UNSET
    max_attempts: Any | Unset = UNSET
    device: Any | Unset = UNSET
    base_precision: Any | Unset = UNSET
    checkpoint_every_steps: Any | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        sft = self.sft

        trainable = self.trainable

        keep = self.keep

        early_stop = self.early_stop

        max_attempts = self.max_attempts

        device = self.device

        base_precision = self.base_precision

        checkpoint_every_steps = self.checkpoint_every_steps


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if sft is not UNSET:
            field_dict["sft"] = sft
        if trainable is not UNSET:
            field_dict["trainable"] = trainable
        if keep is not UNSET:
            field_dict["keep"] = keep
        if early_stop is not UNSET:
            field_dict["early_stop"] = early_stop
        if max_attempts is not UNSET:
            field_dict["max_attempts"] = max_attempts
        if device is not UNSET:
            field_dict["device"] = device
        if base_precision is not UNSET:
            field_dict["base_precision"] = base_precision
        if checkpoint_every_steps is not UNSET:
            field_dict["checkpoint_every_steps"] = checkpoint_every_steps

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        sft = d.pop("sft", UNSET)

        trainable = d.pop("trainable", UNSET)

        keep = d.pop("keep", UNSET)

        early_stop = d.pop("early_stop", UNSET)

        max_attempts = d.pop("max_attempts", UNSET)

        device = d.pop("device", UNSET)

        base_precision = d.pop("base_precision", UNSET)

        checkpoint_every_steps = d.pop("checkpoint_every_steps", UNSET)

        fine_tuning_request_method_type_0_supervised_type_0_proximal_type_0 = cls(
            sft=sft,
            trainable=trainable,
            keep=keep,
            early_stop=early_stop,
            max_attempts=max_attempts,
            device=device,
            base_precision=base_precision,
            checkpoint_every_steps=checkpoint_every_steps,
        )

        return fine_tuning_request_method_type_0_supervised_type_0_proximal_type_0


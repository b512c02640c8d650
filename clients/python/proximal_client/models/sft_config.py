from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.sft_config_loss_on import SftConfigLossOn
from ..models.sft_config_lr_scheduler import SftConfigLrScheduler
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="SftConfig")



@_attrs_define
class SftConfig:
    """ How examples are learned

        Attributes:
            batch_size (int | Unset): Examples per step, which is one optimizer step, packed or not; the last of an epoch is
                filled up from its start. Default 8 (ours). Default: 8.
            micro_batch_size (int | None | Unset): Examples per forward and backward run; must divide batch_size. Changes
                memory, not results. Default null: the whole batch.
            learning_rate (float | Unset): Peak learning rate. Default 1e-4 (ours). Default: 0.0001.
            max_length (int | Unset): Tokens of an example at most, and never more than the model's context. A longer one is
                cut at its end (TRL's keep_start), without the token that would have ended it; where nothing is left to learn it
                teaches nothing. A warning says how many. Default 512 (ours). Default: 512.
            loss_on (SftConfigLossOn | Unset): What is learned: completions, which are the assistant's messages of a
                conversation with what ends their turns; or every token but the first. Default completion (TRL, for prompts and
                completions). Default: SftConfigLossOn.COMPLETION.
            packing (bool | Unset): Put short examples of a run into one row, each computed as if it were alone: less
                padding, the same results. Default true (ours). Default: True.
            lr_scheduler (SftConfigLrScheduler | Unset): Course of the learning rates over the job's optimizer steps, after
                the warm-up. Default linear (TRL). Default: SftConfigLrScheduler.LINEAR.
            min_lr_ratio (float | Unset): Share of the peak that linear and cosine end at. Default 0 (OpenRLHF's cosine:
                0.1). Default: 0.0.
            warmup_steps (int | Unset): Optimizer steps over which the learning rates rise from 0. Default 0 (TRL). Default:
                0.
            adam_beta1 (float | Unset): Default 0.9 (Adam paper). Default: 0.9.
            adam_beta2 (float | Unset): Default 0.999 (Adam paper). Default: 0.999.
            adam_eps (float | Unset): Added to the root of the second moment, PyTorch's form. Default 1e-8 (TRL, verl,
                OpenRLHF); 1e-5 steadies full fine-tuning. Other names: adam_epsilon. Default: 1e-08.
            max_grad_norm (float | None | Unset): Gradients of each optimizer are scaled down to this norm; null: never.
                Default 1 (verl, OpenRLHF). Default: 1.0.
            weight_decay (float | Unset): Decoupled decay per unit of learning rate; spares biases and norms. Default 0
                (TRL, OpenRLHF). Default: 0.0.
     """

    batch_size: int | Unset = 8
    micro_batch_size: int | None | Unset = UNSET
    learning_rate: float | Unset = 0.0001
    max_length: int | Unset = 512
    loss_on: SftConfigLossOn | Unset = SftConfigLossOn.COMPLETION
    packing: bool | Unset = True
    lr_scheduler: SftConfigLrScheduler | Unset = SftConfigLrScheduler.LINEAR
    min_lr_ratio: float | Unset = 0.0
    warmup_steps: int | Unset = 0
    adam_beta1: float | Unset = 0.9
    adam_beta2: float | Unset = 0.999
    adam_eps: float | Unset = 1e-08
    max_grad_norm: float | None | Unset = 1.0
    weight_decay: float | Unset = 0.0





    def to_dict(self) -> dict[str, Any]:
        batch_size = self.batch_size

        micro_batch_size: int | None | Unset
        if isinstance(self.micro_batch_size, Unset):
            micro_batch_size = UNSET
        else:
            micro_batch_size = self.micro_batch_size

        learning_rate = self.learning_rate

        max_length = self.max_length

        loss_on: str | Unset = UNSET
        if not isinstance(self.loss_on, Unset):
            loss_on = self.loss_on.value


        packing = self.packing

        lr_scheduler: str | Unset = UNSET
        if not isinstance(self.lr_scheduler, Unset):
            lr_scheduler = self.lr_scheduler.value


        min_lr_ratio = self.min_lr_ratio

        warmup_steps = self.warmup_steps

        adam_beta1 = self.adam_beta1

        adam_beta2 = self.adam_beta2

        adam_eps = self.adam_eps

        max_grad_norm: float | None | Unset
        if isinstance(self.max_grad_norm, Unset):
            max_grad_norm = UNSET
        else:
            max_grad_norm = self.max_grad_norm

        weight_decay = self.weight_decay


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if micro_batch_size is not UNSET:
            field_dict["micro_batch_size"] = micro_batch_size
        if learning_rate is not UNSET:
            field_dict["learning_rate"] = learning_rate
        if max_length is not UNSET:
            field_dict["max_length"] = max_length
        if loss_on is not UNSET:
            field_dict["loss_on"] = loss_on
        if packing is not UNSET:
            field_dict["packing"] = packing
        if lr_scheduler is not UNSET:
            field_dict["lr_scheduler"] = lr_scheduler
        if min_lr_ratio is not UNSET:
            field_dict["min_lr_ratio"] = min_lr_ratio
        if warmup_steps is not UNSET:
            field_dict["warmup_steps"] = warmup_steps
        if adam_beta1 is not UNSET:
            field_dict["adam_beta1"] = adam_beta1
        if adam_beta2 is not UNSET:
            field_dict["adam_beta2"] = adam_beta2
        if adam_eps is not UNSET:
            field_dict["adam_eps"] = adam_eps
        if max_grad_norm is not UNSET:
            field_dict["max_grad_norm"] = max_grad_norm
        if weight_decay is not UNSET:
            field_dict["weight_decay"] = weight_decay

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        batch_size = d.pop("batch_size", UNSET)

        def _parse_micro_batch_size(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        micro_batch_size = _parse_micro_batch_size(d.pop("micro_batch_size", UNSET))


        learning_rate = d.pop("learning_rate", UNSET)

        max_length = d.pop("max_length", UNSET)

        _loss_on = d.pop("loss_on", UNSET)
        loss_on: SftConfigLossOn | Unset
        if isinstance(_loss_on,  Unset):
            loss_on = UNSET
        else:
            loss_on = SftConfigLossOn(_loss_on)




        packing = d.pop("packing", UNSET)

        _lr_scheduler = d.pop("lr_scheduler", UNSET)
        lr_scheduler: SftConfigLrScheduler | Unset
        if isinstance(_lr_scheduler,  Unset):
            lr_scheduler = UNSET
        else:
            lr_scheduler = SftConfigLrScheduler(_lr_scheduler)




        min_lr_ratio = d.pop("min_lr_ratio", UNSET)

        warmup_steps = d.pop("warmup_steps", UNSET)

        adam_beta1 = d.pop("adam_beta1", UNSET)

        adam_beta2 = d.pop("adam_beta2", UNSET)

        adam_eps = d.pop("adam_eps", UNSET)

        def _parse_max_grad_norm(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        max_grad_norm = _parse_max_grad_norm(d.pop("max_grad_norm", UNSET))


        weight_decay = d.pop("weight_decay", UNSET)

        sft_config = cls(
            batch_size=batch_size,
            micro_batch_size=micro_batch_size,
            learning_rate=learning_rate,
            max_length=max_length,
            loss_on=loss_on,
            packing=packing,
            lr_scheduler=lr_scheduler,
            min_lr_ratio=min_lr_ratio,
            warmup_steps=warmup_steps,
            adam_beta1=adam_beta1,
            adam_beta2=adam_beta2,
            adam_eps=adam_eps,
            max_grad_norm=max_grad_norm,
            weight_decay=weight_decay,
        )

        return sft_config


from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.lora_trainable_target_modules_type_0 import LoraTrainableTargetModulesType0
from ..models.lora_trainable_type import LoraTrainableType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.last_layers import LastLayers





T = TypeVar("T", bound="LoraTrainable")



@_attrs_define
class LoraTrainable:
    """ Adapters on frozen weights

        Attributes:
            type_ (LoraTrainableType): What is trained.
            r (int | Unset): Rank of the adapters. Default 16 (ours). Default: 16.
            alpha (float | Unset): The adapters' output is scaled by alpha / r. Default 32 (ours). Default: 32.0.
            dropout (float | Unset): Part of the adapters' input that is dropped at random in training, as PEFT's
                lora_dropout; to the nearest 1/4096. Never in sampling, references or evaluation. PPO's masks are the same in a
                rollout's log-probabilities and all its updates. Default 0. Default: 0.0.
            target_modules (list[str] | LoraTrainableTargetModulesType0 | Unset): Linear layers that get an adapter, by the
                last part of their name. Default all of them.
            layers (LastLayers | list[int] | None | Unset): Layers that are trained: { last: how many }, as trlX's
                num_layers_unfrozen, or their numbers from 0, as PEFT's layers_to_transform. Of all weights (full) those of the
                named layers alone: embedding, final norm and head stay as they are. What comes out of the layers below the
                first is computed once for a step's rollouts, and gradients stop there. Default null: all.
     """

    type_: LoraTrainableType
    r: int | Unset = 16
    alpha: float | Unset = 32.0
    dropout: float | Unset = 0.0
    target_modules: list[str] | LoraTrainableTargetModulesType0 | Unset = UNSET
    layers: LastLayers | list[int] | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.last_layers import LastLayers # noqa: PLC0415
        type_ = self.type_.value

        r = self.r

        alpha = self.alpha

        dropout = self.dropout

        target_modules: list[str] | str | Unset
        if isinstance(self.target_modules, Unset):
            target_modules = UNSET
        elif isinstance(self.target_modules, LoraTrainableTargetModulesType0):
            target_modules = self.target_modules.value
        else:
            target_modules = self.target_modules




        layers: dict[str, Any] | list[int] | None | Unset
        if isinstance(self.layers, Unset):
            layers = UNSET
        elif isinstance(self.layers, LastLayers):
            layers = self.layers.to_dict()
        elif isinstance(self.layers, list):
            layers = self.layers


        else:
            layers = self.layers


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if r is not UNSET:
            field_dict["r"] = r
        if alpha is not UNSET:
            field_dict["alpha"] = alpha
        if dropout is not UNSET:
            field_dict["dropout"] = dropout
        if target_modules is not UNSET:
            field_dict["target_modules"] = target_modules
        if layers is not UNSET:
            field_dict["layers"] = layers

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.last_layers import LastLayers # noqa: PLC0415
        d = dict(src_dict)
        type_ = LoraTrainableType(d.pop("type"))




        r = d.pop("r", UNSET)

        alpha = d.pop("alpha", UNSET)

        dropout = d.pop("dropout", UNSET)

        def _parse_target_modules(data: object) -> list[str] | LoraTrainableTargetModulesType0 | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                target_modules_type_0 = LoraTrainableTargetModulesType0(data)



                return target_modules_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, list):
                raise TypeError()
            target_modules_type_1 = cast(list[str], data)

            return target_modules_type_1

        target_modules = _parse_target_modules(d.pop("target_modules", UNSET))


        def _parse_layers(data: object) -> LastLayers | list[int] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                layers_type_0 = LastLayers.from_dict(data)



                return layers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                layers_type_1 = cast(list[int], data)

                return layers_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LastLayers | list[int] | None | Unset, data)

        layers = _parse_layers(d.pop("layers", UNSET))


        lora_trainable = cls(
            type_=type_,
            r=r,
            alpha=alpha,
            dropout=dropout,
            target_modules=target_modules,
            layers=layers,
        )

        return lora_trainable


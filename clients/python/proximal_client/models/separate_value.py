from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.separate_value_target_modules_type_0 import SeparateValueTargetModulesType0
from ..models.separate_value_type import SeparateValueType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.last_layers import LastLayers





T = TypeVar("T", bound="SeparateValue")



@_attrs_define
class SeparateValue:
    """ An adapter of its own on the shared frozen base, and a scalar head

        Attributes:
            type_ (SeparateValueType): What the value network is.
            r (int | Unset): Rank of the adapters. Default 16 (ours). Default: 16.
            alpha (float | Unset): The adapters' output is scaled by alpha / r. Default 32 (ours). Default: 32.0.
            target_modules (list[str] | SeparateValueTargetModulesType0 | Unset): Linear layers that get an adapter, by the
                last part of their name. Default all of them.
            layers (LastLayers | list[int] | None | Unset): Layers that have the value adapter, as trainable.layers; null:
                all. Default trainable.layers.
            dropout (float | Unset): Part of the value adapter's input that is dropped in training. Default
                trainable.dropout; 0 where that is none.
            learning_rate (float | Unset): Peak learning rate of the value adapter. Default 3 times ppo.learning_rate, but
                from 0.00005 to 0.01.
            head_learning_rate (float | Unset): Peak learning rate of the value head. Default 3 times ppo.learning_rate, but
                from 0.0001 to 0.01.
     """

    type_: SeparateValueType
    r: int | Unset = 16
    alpha: float | Unset = 32.0
    target_modules: list[str] | SeparateValueTargetModulesType0 | Unset = UNSET
    layers: LastLayers | list[int] | None | Unset = UNSET
    dropout: float | Unset = UNSET
    learning_rate: float | Unset = UNSET
    head_learning_rate: float | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.last_layers import LastLayers # noqa: PLC0415
        type_ = self.type_.value

        r = self.r

        alpha = self.alpha

        target_modules: list[str] | str | Unset
        if isinstance(self.target_modules, Unset):
            target_modules = UNSET
        elif isinstance(self.target_modules, SeparateValueTargetModulesType0):
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

        dropout = self.dropout

        learning_rate = self.learning_rate

        head_learning_rate = self.head_learning_rate


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if r is not UNSET:
            field_dict["r"] = r
        if alpha is not UNSET:
            field_dict["alpha"] = alpha
        if target_modules is not UNSET:
            field_dict["target_modules"] = target_modules
        if layers is not UNSET:
            field_dict["layers"] = layers
        if dropout is not UNSET:
            field_dict["dropout"] = dropout
        if learning_rate is not UNSET:
            field_dict["learning_rate"] = learning_rate
        if head_learning_rate is not UNSET:
            field_dict["head_learning_rate"] = head_learning_rate

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.last_layers import LastLayers # noqa: PLC0415
        d = dict(src_dict)
        type_ = SeparateValueType(d.pop("type"))




        r = d.pop("r", UNSET)

        alpha = d.pop("alpha", UNSET)

        def _parse_target_modules(data: object) -> list[str] | SeparateValueTargetModulesType0 | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                target_modules_type_0 = SeparateValueTargetModulesType0(data)



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


        dropout = d.pop("dropout", UNSET)

        learning_rate = d.pop("learning_rate", UNSET)

        head_learning_rate = d.pop("head_learning_rate", UNSET)

        separate_value = cls(
            type_=type_,
            r=r,
            alpha=alpha,
            target_modules=target_modules,
            layers=layers,
            dropout=dropout,
            learning_rate=learning_rate,
            head_learning_rate=head_learning_rate,
        )

        return separate_value


from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.full_trainable_type import FullTrainableType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.last_layers import LastLayers





T = TypeVar("T", bound="FullTrainable")



@_attrs_define
class FullTrainable:
    """ All weights

        Attributes:
            type_ (FullTrainableType): What is trained.
            layers (LastLayers | list[int] | None | Unset): Layers that are trained: { last: how many }, as trlX's
                num_layers_unfrozen, or their numbers from 0, as PEFT's layers_to_transform. Of all weights (full) those of the
                named layers alone: embedding, final norm and head stay as they are. What comes out of the layers below the
                first is computed once for a step's rollouts, and gradients stop there. Default null: all.
     """

    type_: FullTrainableType
    layers: LastLayers | list[int] | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.last_layers import LastLayers # noqa: PLC0415
        type_ = self.type_.value

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
        if layers is not UNSET:
            field_dict["layers"] = layers

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.last_layers import LastLayers # noqa: PLC0415
        d = dict(src_dict)
        type_ = FullTrainableType(d.pop("type"))




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


        full_trainable = cls(
            type_=type_,
            layers=layers,
        )

        return full_trainable


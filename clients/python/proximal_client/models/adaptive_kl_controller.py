from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.adaptive_kl_controller_type import AdaptiveKlControllerType
from ..types import UNSET, Unset






T = TypeVar("T", bound="AdaptiveKlController")



@_attrs_define
class AdaptiveKlController:
    """ kl_coef follows the KL that is measured

        Attributes:
            type_ (AdaptiveKlControllerType): How the coefficient moves: with the KL.
            target (float | Unset): KL per sequence to steer to, in nats. Default 6 (lm-human-preferences). Default: 6.0.
            horizon (int | Unset): Episodes over which the coefficient adapts. Default 10000 (lm-human-preferences).
                Default: 10000.
     """

    type_: AdaptiveKlControllerType
    target: float | Unset = 6.0
    horizon: int | Unset = 10000





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        target = self.target

        horizon = self.horizon


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if target is not UNSET:
            field_dict["target"] = target
        if horizon is not UNSET:
            field_dict["horizon"] = horizon

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = AdaptiveKlControllerType(d.pop("type"))




        target = d.pop("target", UNSET)

        horizon = d.pop("horizon", UNSET)

        adaptive_kl_controller = cls(
            type_=type_,
            target=target,
            horizon=horizon,
        )

        return adaptive_kl_controller

